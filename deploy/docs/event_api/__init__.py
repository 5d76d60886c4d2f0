"""The events as AsyncAPI: the ways that carry them, and the messages of each."""
