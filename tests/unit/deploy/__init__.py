"""Of deploy."""
