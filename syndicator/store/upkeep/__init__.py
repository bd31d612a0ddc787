"""What keeps the installation well: flags, retention, backups, the journal."""
