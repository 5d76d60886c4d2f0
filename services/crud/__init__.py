"""The crud service."""
