"""What ``chat`` promises: its events, and the bodies and answers of its routes."""
