"""The generated clients, against a running system."""
