"""Live events: streams, long polls and sockets, each of which hears what its person may read."""
