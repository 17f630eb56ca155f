"""The zone: one process, a controller and its brokers, its admin endpoint. Floor 5, shell."""
