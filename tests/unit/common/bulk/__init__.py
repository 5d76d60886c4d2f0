"""Of services/common/bulk."""
