"""msklite: a local Amazon MSK in Python. Kafka on the wire and on the disk, no JVM, no Docker."""

__version__ = "0.1.0"
