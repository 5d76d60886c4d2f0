"""Tests of ``services.common.contracts``."""
