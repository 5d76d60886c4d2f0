"""Tests of ``services.common.bulk``."""
