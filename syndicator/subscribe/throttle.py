"""How often one mailbox is written to, whichever door asked for it (S2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

BETWEEN = timedelta(minutes=15)
"""At most one email in this time."""

HOUR = timedelta(hours=1)
"""What the emails to strangers are counted over: those of all addresses and networks together."""

DAY = timedelta(days=1)
MOST = 3
"""Emails in a day."""

REST = timedelta(days=7)
"""How long an address that does not exist gets no email, whoever types it."""


def may_write(written: Sequence[datetime], *, now: datetime) -> bool:
    """Return whether a mailbox may be sent an email, so that no form is a weapon against it.

    Args:
        written: when emails to it were put, those of the last ``DAY`` at least, in any order.
    """
    return (
        not any(now - BETWEEN < at for at in written)
        and sum(now - DAY < at for at in written) < MOST
    )
