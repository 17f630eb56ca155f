"""For tests: `LocalCluster`, a real Kafka on loopback sockets inside the test process."""

from msklite.testing.cluster import LocalCluster

__all__ = ["LocalCluster"]
