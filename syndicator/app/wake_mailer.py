"""How the web wakes whoever sends emails, if such a one works in this process."""

from __future__ import annotations

from collections.abc import Callable


class WakeMailer:
    """Calls ``wakes`` when somebody waits for an email; does nothing before that is set.

    The web is built before the workers begin, and a tick finds the email anyway: who wakes nobody
    loses a minute and nothing else.
    """

    def __init__(self) -> None:
        self.wakes: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Have emails sent now."""
        if self.wakes is not None:
            self.wakes()
