"""The gateway by itself."""
