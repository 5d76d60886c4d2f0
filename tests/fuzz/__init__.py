"""Property-based tests: requests generated from the OpenAPI description."""
