"""Tests of ``services.common.files.thumbnails``."""
