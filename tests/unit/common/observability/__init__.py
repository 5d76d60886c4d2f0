"""Of services/common/observability."""
