"""The channel of mail: message, signature, relay, replies, and what comes back."""
