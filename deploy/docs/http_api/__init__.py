"""The description of the HTTP API, from the route tables, their types and the resources."""
