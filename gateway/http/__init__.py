"""What the gateway does with HTTP itself: bodies, files, caching, compression, limits."""
