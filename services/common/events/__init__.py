"""Events: written to the outbox, published by the relay, handled once by each subscriber."""
