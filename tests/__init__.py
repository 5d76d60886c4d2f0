"""Tests: real PostgreSQL, real RabbitMQ, the services as they run."""
