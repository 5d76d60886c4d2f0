"""Notifications, subscriptions to tasks, news feeds."""
