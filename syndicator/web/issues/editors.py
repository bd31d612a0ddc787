"""What the desk asks of the rest of the program, as callables; ``app`` fills them in.

All may block and are called from worker threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syndicator.pipeline.issues.review import Outcome, Review


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """An issue behind a link. ``newest`` is the link to its newest version if this is an older
    one; ``title`` names the issue in the page's language."""

    review: Review
    title: str
    newest: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Editors:
    """The callables behind the desk. A token that is forged, cut or late leads nowhere.

    Args:
        see: what (token, language) shows, or ``None``. Changes nothing.
        save: make (token, greetings, left out posts) the next version; the outcome, and the link
            to what is the newest version then.
        approve, stop: do so with the version of the token.
    """

    see: Callable[[str, str], Seen | None]
    save: Callable[[str, Mapping[str, str], frozenset[str]], tuple[Outcome, str]]
    approve: Callable[[str], Outcome]
    stop: Callable[[str], Outcome]
