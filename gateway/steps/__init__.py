"""The steps of a request, each in a module of its own; ``gateway.endpoint`` takes them in turn."""
