"""The machines and the software of departments."""
