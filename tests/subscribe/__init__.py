"""Consent, tokens, addresses: what decides about subscribers."""
