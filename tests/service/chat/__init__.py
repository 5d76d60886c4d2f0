"""Tests of ``chat``."""
