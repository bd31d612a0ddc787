"""When so many messages of an issue fail that it must be the relay or us, and not its readers.

Failures in mass are ours until a person says otherwise: one bad hour at a relay would else cost a
newsletter all its readers.
"""

from __future__ import annotations

IN_A_ROW = 20
"""Messages that fail one after the other, over all connections."""

LEAST = 20
"""Of fewer failures no share says anything."""

SHARE = 0.05


def too_many(failed: int, *, of: int, reviewed: int = 0, in_a_row: int = 0) -> bool:
    """Return whether a person must look before anything more leaves, or a failure counts
    against a reader.

    Args:
        failed: messages of the issue that failed.
        of: messages that were to be sent.
        reviewed: failures that a person has seen. As many again must follow, so that whoever said
            that a dead list is dead is not asked for every twenty.
        in_a_row: those that failed since the last one arrived.
    """
    if in_a_row >= max(IN_A_ROW, reviewed):
        return True
    return failed - reviewed >= max(LEAST, reviewed) and is_high(failed - reviewed, of=of)


def is_high(failed: int, *, of: int) -> bool:
    """Return whether an issue of which so many failed is not simply sent."""
    return failed > 0 and failed >= SHARE * of
