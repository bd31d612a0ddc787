"""What keeps the installation well: notices, flags, retention, backups, the journal."""
