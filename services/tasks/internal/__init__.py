"""RPC methods for other services, and handlers of their events."""
