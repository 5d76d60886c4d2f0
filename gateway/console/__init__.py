"""The console of administrators: live events, subscribers, webhooks, dead letters, services."""
