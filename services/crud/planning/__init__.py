"""Schedules and days off."""
