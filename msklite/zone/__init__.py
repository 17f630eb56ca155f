"""The zone: one process with a controller and its brokers, and its admin endpoint. Floor 5, shell."""
