"""Stored files of all services, whenever the process dies."""
