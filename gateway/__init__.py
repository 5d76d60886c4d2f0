"""HTTP in, RPC out: route tables, authentication, errors, health, documentation."""
