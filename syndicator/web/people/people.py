"""What the pages for subscribers ask of the rest of the program, as callables.

``app`` fills them in. All may block and are called from worker threads, many at once. A token that
is forged, cut, late, or of somebody who is gone is answered like any other that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from syndicator.model import Selection
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Preferences, Wish


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """The callables behind the pages for subscribers.

    Args:
        ask: keep a wish and mail a letter; the same for known, unknown and suppressed addresses.
        waiting: what the confirmation in a token would subscribe to, or ``None``. Changes nothing.
        confirm: subscribe; what to, or ``None`` if the token leads nowhere. Again is the same.
        send_link: mail (address, language) a link to what we hold of it, if we hold it.
        preferences: what a subscriber, or one who has left, may see, or ``None``.
        change: take another selection; False if the token leads nowhere, as for those below.
        pause: no mail before that day; ``None`` goes on at once.
        move: mail a letter to a new (normalised) address, where the change is confirmed.
        moving: whether the token mailed there would change the address, or did. Changes nothing.
        moved: confirm the change of address with the token mailed there.
        export: everything we hold about the subscriber, ready for JSON, or ``None``.
        erase: forget the subscriber.
        way_out: what is so of an unsubscribe token. Changes nothing.
        leave: end the subscription of an unsubscribe token; what was so of it. Always fine.
    """

    ask: Callable[[Wish], None]
    waiting: Callable[[str], Selection | None]
    confirm: Callable[[str], Selection | None]
    send_link: Callable[[str, str], None]
    preferences: Callable[[str], Preferences | None]
    change: Callable[[str, Selection], bool]
    pause: Callable[[str, date | None], bool]
    move: Callable[[str, str], bool]
    moving: Callable[[str], bool]
    moved: Callable[[str], bool]
    export: Callable[[str], Mapping[str, object] | None]
    erase: Callable[[str], bool]
    way_out: Callable[[str], LinkState]
    leave: Callable[[str], LinkState]
