"""Metadata descriptors: the columns a production adds."""
