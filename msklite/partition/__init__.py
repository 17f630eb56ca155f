"""Partitions: leadership, high watermark, and fetch sessions. Floor 3, core."""
