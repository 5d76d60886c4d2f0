"""Tests of ``services.common.wire``."""
