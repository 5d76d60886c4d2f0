"""Files attached to comments, replies and chat messages."""
