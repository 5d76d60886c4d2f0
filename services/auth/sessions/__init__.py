"""Logging in and out, passwords, second factors, the log of it."""
