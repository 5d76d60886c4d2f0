"""What runs a service: its base class, its RPC entrypoints, its schedule, its process."""
