"""What ``tasks`` promises: its events, and the bodies and answers of its routes."""
