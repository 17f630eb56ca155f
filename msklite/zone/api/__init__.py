"""What a controller's listener serves: one module an API, or `decided` for the controller's own."""
