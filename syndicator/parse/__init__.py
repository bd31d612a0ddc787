"""The stage that turns the bytes of a feed into a ``ParsedFeed``: read, dated, cleaned, named.

Everything here is pure but ``pool``, which keeps the child processes in which the rest runs.
"""
