"""Project templates: what they use, and productions that start from them."""
