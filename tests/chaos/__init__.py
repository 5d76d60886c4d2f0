"""Everything that can fail does, under load, and what was promised is looked up afterwards."""
