"""Tests of ``services.common.database``."""
