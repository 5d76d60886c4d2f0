"""Of services/common/events."""
