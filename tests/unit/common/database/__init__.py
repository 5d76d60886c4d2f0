"""Of services/common/database."""
