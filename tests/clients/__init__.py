"""Real Kafka clients, black box: one suite of checks, run by each client through an adapter."""
