"""PostgreSQL: connections, transactions, tables, versions of what they hold, migrations."""
