"""Commands about sources and entries."""
