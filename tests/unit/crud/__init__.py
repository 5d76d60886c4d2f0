"""Unit tests of ``crud``."""
