"""Webhooks: events of the history, sent to URLs that people named."""
