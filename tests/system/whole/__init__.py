"""Scenarios across the whole system."""
