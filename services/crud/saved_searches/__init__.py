"""Saved searches and their groups."""
