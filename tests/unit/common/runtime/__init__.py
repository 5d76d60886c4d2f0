"""Of services/common/runtime."""
