"""Tests of the senders of webhooks."""
