"""Of services/common."""
