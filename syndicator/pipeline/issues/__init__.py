"""What happens to issues: composed, reviewed, approved, sent, offered again."""
