"""Sessions and people."""
