"""What a deletion takes along: here at once, and in other services as they are told of it."""
