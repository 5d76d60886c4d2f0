"""Schedules made from what a production has, and versions of schedules."""
