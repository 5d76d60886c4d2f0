"""Tests of one service in this process, on a real PostgreSQL; each test is rolled back."""
