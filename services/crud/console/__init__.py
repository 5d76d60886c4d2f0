"""What administrators see on the console."""
