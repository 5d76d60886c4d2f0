"""Tests of ``assets``."""
