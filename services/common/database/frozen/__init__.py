"""What migrations may import of the kernel: tables and SQL as they were when they were released."""
