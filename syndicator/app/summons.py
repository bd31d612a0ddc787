"""How the web calls for whoever sends letters, if such a one works in this process."""

from __future__ import annotations

from collections.abc import Callable


class Summons:
    """Calls ``answer`` when somebody waits for a letter; nobody answers before that is set.

    The web is built before the workers begin, and a tick finds the letter anyway: who calls for
    nobody loses a minute and nothing else.
    """

    def __init__(self) -> None:
        self.answer: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Have letters sent now."""
        if self.answer is not None:
            self.answer()
