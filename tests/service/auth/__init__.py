"""The service ``auth`` by itself."""
