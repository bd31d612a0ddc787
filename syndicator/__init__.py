"""Pulls the blogs of a network of towns, republishes one feed, and mails a digest."""

__version__ = "0.1.0"
