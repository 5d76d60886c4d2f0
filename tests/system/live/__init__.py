"""Live events: streams, polls, sockets and rooms, with the whole system."""
