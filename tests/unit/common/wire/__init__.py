"""Of services/common/wire."""
