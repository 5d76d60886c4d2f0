"""Entities: creation, lists, removal."""
