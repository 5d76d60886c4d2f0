"""Tests of lists, pages and filters."""
