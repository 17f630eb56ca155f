"""A partition's log on disk, in Apache Kafka's formats; and the storage under it."""
