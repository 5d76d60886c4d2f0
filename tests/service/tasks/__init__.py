"""Tests of ``tasks``."""
