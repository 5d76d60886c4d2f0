"""Recorded exchanges of the reference server, the rows before them, and a comparator."""
