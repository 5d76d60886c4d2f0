"""Entities, castings, descriptors."""
