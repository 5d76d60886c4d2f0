"""Chats, through the gateway."""
