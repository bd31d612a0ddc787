"""A city asks us to gather a feed: what it claims, what we saw, and what it should mend. Pure."""
