"""Consent and tokens: what a subscriber agreed to, and links only their mailbox can hold."""
