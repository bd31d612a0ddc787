"""Subscribers, what they agreed to, mails to one person, and addresses never to be mailed."""
