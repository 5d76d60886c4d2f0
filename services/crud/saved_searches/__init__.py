"""The searches people saved."""
