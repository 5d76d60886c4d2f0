"""Tests of generic CRUD that need no database."""
