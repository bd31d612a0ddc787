"""What to tell the hub when documents changed. The telling itself is somebody else's.

Source: https://www.w3.org/TR/websub/ 7, PubSubHubbub 0.4 7.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syndicator.publish.masthead import FeedMeta, Form

_TOPICS = tuple(form.current for form in Form)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """One POST of ``form`` to a hub, telling that ``topic`` (an address) changed."""

    hub: str
    topic: str

    @property
    def form(self) -> dict[str, str]:
        """What the hub wants to be told."""
        return {"hub.mode": "publish", "hub.url": self.topic}


def pings(paths: Iterable[str], *, masthead: FeedMeta) -> tuple[Ping, ...]:
    """Return a ping for each current feed among the changed paths, sorted; none without a hub."""
    if masthead.hub is None:
        return ()
    feeds = sorted({path for path in paths if path.rpartition("/")[2] in _TOPICS})
    return tuple(Ping(hub=masthead.hub, topic=masthead.url(path)) for path in feeds)
