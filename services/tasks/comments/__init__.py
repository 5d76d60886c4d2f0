"""Comments and replies: who may, what follows, how they are shown."""
