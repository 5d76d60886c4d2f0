"""Permissions, membership and rules over several rows, shared by the topics."""
