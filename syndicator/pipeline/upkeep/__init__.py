"""What keeps the installation well: alarms, retention, backup, restore."""
