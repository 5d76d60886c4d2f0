"""What only other services ask and tell."""
