"""Tests of ``services.common``."""
