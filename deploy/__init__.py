"""Running Callboard: locally, in containers, on Kubernetes; transfers, the demo, documents."""
