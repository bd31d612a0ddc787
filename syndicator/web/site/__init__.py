"""Pages about the network that change without any post changing."""
