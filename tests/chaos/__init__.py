"""Fault injection under load; afterwards the guarantees are checked."""
