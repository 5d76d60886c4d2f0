"""Tests of ``services.common.observability``."""
