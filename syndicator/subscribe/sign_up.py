"""What somebody asks of us on our pages, and what they see of it later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from syndicator.model import Selection, SuppressedBecause
from syndicator.subscribe.email_tokens import LinkState


@dataclass(frozen=True, kw_only=True, slots=True)
class SignUpRequest:
    """A filled sign-up form. ``address`` is normalised; ``selection`` names only what we have.

    ``page`` is where it was filled in (``/fi/subscribe``, or a city's site that holds our form),
    ``text_version`` which words were agreed to (``consent.text_version``).
    """

    address: str
    selection: Selection
    page: str
    text_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """What is so of a link that confirms, and, where it works, what it subscribes to."""

    state: LinkState
    selection: Selection | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """Why an address is not mailed, and since which day. Only an editor lifts it."""

    why: SuppressedBecause
    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """What a subscriber may see and change. ``paused_until`` is the day mails begin again.

    ``paused_until`` is ``None`` when nothing is paused, or was and the day has come; ``since`` is
    when they confirmed. ``left`` is the day they left, if they have: then they may see, take and
    erase what is held, until the day ``kept_until``, and change nothing.
    """

    address: str
    selection: Selection
    paused_until: date | None
    since: datetime
    left: date | None = None
    kept_until: date | None = None
    stopped: Stopped | None = None
