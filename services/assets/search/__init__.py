"""The search in assets, shots, sequences, episodes and edits."""
