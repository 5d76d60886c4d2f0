"""How Callboard is run: on one machine, in containers, on Kubernetes; its demo and documents."""
