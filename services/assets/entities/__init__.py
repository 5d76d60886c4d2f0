"""Entities: made, listed, removed."""
