"""Tests of ``services.common.runtime``."""
