"""Tests of ``services.common.events``."""
