"""AMQP: connections, messages, calls between services, and the names of exchanges and queues."""
