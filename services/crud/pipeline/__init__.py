"""Working, output and background files."""
