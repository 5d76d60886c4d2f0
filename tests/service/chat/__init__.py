"""Conversations, by themselves."""
