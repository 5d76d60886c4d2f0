"""Of services/common/files."""
