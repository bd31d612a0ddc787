"""What the pages for subscribers ask of the rest of the program, as callables.

``app`` fills them in. All may block and are called from worker threads, many at once. Of a token we
did not sign, or one that is late, nothing is said but that it leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from syndicator.model import Selection
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Confirmation, Preferences, Wish


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """The callables behind the pages for subscribers.

    Args:
        ask: keep a wish and mail a letter; the same for known, unknown and suppressed addresses.
        waiting: what the confirmation in a token would subscribe to, or did. Changes nothing.
        confirm: subscribe; what to, and what was so of the token. Again is the same.
        send_link: mail (address, language) a link to what we hold of it, if we hold it.
        preferences: what a subscriber, or one who has left, may see, or why there is
            nothing to see.
        change: take another selection; False if the token leads nowhere, as for those below.
        pause: no mail before that day; ``None`` goes on at once.
        move: mail a letter to a new (normalised) address, where the change is confirmed.
        moving: what is so of the token mailed there. Changes nothing.
        moved: confirm the change of address with that token; what was so of it.
        export: everything we hold about the subscriber, ready for JSON, or ``None``.
        erase: forget the subscriber.
        way_out: what is so of an unsubscribe token. Changes nothing.
        leave: end the subscription of an unsubscribe token; what was so of it. Always fine.
    """

    ask: Callable[[Wish], None]
    waiting: Callable[[str], Confirmation]
    confirm: Callable[[str], Confirmation]
    send_link: Callable[[str, str], None]
    preferences: Callable[[str], Preferences | LinkState]
    change: Callable[[str, Selection], bool]
    pause: Callable[[str, date | None], bool]
    move: Callable[[str, str], bool]
    moving: Callable[[str], LinkState]
    moved: Callable[[str], LinkState]
    export: Callable[[str], Mapping[str, object] | None]
    erase: Callable[[str], bool]
    way_out: Callable[[str], LinkState]
    leave: Callable[[str], LinkState]
