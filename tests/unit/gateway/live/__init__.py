"""Live events, without a broker."""
