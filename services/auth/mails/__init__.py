"""Letters: queued, sent."""
