"""A studio's data in and out: import, verify, export, backup, restore."""
