"""Entities and castings, by themselves."""
