"""Productions: read, staffed, set up."""
