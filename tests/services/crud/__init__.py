"""Tests of ``crud``."""
