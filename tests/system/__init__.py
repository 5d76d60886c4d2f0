"""The whole system, over HTTP and AMQP: what only the whole can show."""
