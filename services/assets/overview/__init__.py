"""Entities for the views that show them with their tasks."""
