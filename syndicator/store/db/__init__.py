"""The database itself: connections, transactions, schema, migrations, and statements in bulk."""
