"""Clients of the HTTP API, generated from its description: ``make client``."""
