"""Tests of ``services.common.files``."""
