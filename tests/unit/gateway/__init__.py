"""The gateway, without a broker and without a socket."""
