"""The documentation pages: the HTTP API in Scalar's reference, the events in AsyncAPI's."""
