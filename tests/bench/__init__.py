"""Benchmarks: ``make bench`` measures the running system and prints a table."""

import services.common  # noqa: F401 - first, so that eventlet's advice is not repeated
