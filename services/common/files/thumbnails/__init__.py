"""Thumbnails, rendered in processes beside the service."""
