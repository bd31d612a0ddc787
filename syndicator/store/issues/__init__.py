"""Issues of the digest, and one delivery for each of their readers."""
