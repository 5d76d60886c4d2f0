"""RPC calls to services over RabbitMQ, on the event loop."""
