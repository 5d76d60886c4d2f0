"""Requests made from the description of the API, against the running system."""
