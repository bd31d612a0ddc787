"""From entries to an issue, and from an issue to the mails its readers get."""
