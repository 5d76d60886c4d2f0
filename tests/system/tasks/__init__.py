"""Tasks, comments, previews."""
