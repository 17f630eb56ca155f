"""One module a Kafka API, each with `handle(broker, ctx, request)`."""
