"""How Callboard is run."""
