"""What each role sees of the service's rows, and may do to them, by every way in."""
