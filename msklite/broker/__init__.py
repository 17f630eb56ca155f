"""The broker: connections, dispatch, one handler a Kafka API, hosted partitions. Floor 4, shell."""
