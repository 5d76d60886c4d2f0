"""Lists of rows: filters, pages, logs read backwards; their JSON comes from PostgreSQL."""
