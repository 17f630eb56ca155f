"""The control API: Amazon MSK's HTTP operations, carried out on real clusters of this machine."""
