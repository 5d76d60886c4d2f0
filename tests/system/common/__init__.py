"""The kernel, on real processes and databases."""
