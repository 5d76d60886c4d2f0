"""Accounts for programs at the broker: what each may hear, made and listed by its management."""
