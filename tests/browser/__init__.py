"""Tests in a headless browser."""
