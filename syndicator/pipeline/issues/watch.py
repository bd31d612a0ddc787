"""Watches what comes of the messages of a send, over all its connections."""

from __future__ import annotations

from threading import Lock

from syndicator.deliver.mass import too_many
from syndicator.model import DeliveryState


class Watch:
    """Counts failures from those of before on; a person's word about these counts, too.

    Args:
        failed: messages of the issue that failed before.
        of: messages of it that are to be sent in all.
        reviewed: failures that a person has seen.
    """

    def __init__(self, *, failed: int, of: int, reviewed: int) -> None:
        self._lock = Lock()
        self._failed = failed
        self._of = of
        self._reviewed = reviewed
        self._in_a_row = 0

    def came(self, state: DeliveryState) -> None:
        """Count what became of a message; one that is offered again says nothing yet."""
        with self._lock:
            if state is DeliveryState.SENT:
                self._in_a_row = 0
            elif state is DeliveryState.FAILED:
                self._in_a_row += 1
                self._failed += 1

    @property
    def alarming(self) -> bool:
        """True once so many failed that nothing more may leave until a person looked."""
        with self._lock:
            return too_many(
                self._failed, of=self._of, reviewed=self._reviewed, in_a_row=self._in_a_row
            )
