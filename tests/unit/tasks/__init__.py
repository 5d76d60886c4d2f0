"""Tests of tasks that need neither broker nor database."""
