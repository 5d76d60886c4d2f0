"""Kinds, rights, memberships and rules, which the topics share."""
