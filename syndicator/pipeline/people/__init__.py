"""What happens to people: they sign up, confirm, change, leave, are imported, are written to."""
