"""Thumbnails, made in processes beside the service."""
