"""Tests that need neither broker nor database; the tree mirrors the code."""
