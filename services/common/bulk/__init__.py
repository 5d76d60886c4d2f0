"""Many rows in and out: imports, exports, PostgreSQL's COPY."""
