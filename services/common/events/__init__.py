"""Events: transactional outbox, relay, subscribers with an inbox, dead letters."""
