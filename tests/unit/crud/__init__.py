"""Tests of the service ``crud``."""
