"""HTTP mechanics of the gateway: bodies, files, conditional requests, compression, limits."""
