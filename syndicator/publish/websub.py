"""What to tell the hub when documents changed. The telling itself is somebody else's.

Source: https://www.w3.org/TR/websub/ 7, PubSubHubbub 0.4 7.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from syndicator.publish.masthead import Form, Masthead

_TOPICS = tuple(form.current for form in Form)
CONTENT_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """One POST to a hub: ``body`` is a form, of ``CONTENT_TYPE``."""

    hub: str
    topic: str
    body: bytes


def pings(paths: Iterable[str], *, masthead: Masthead) -> tuple[Ping, ...]:
    """Return a ping for each current feed among the changed paths, sorted; none without a hub."""
    if masthead.hub is None:
        return ()
    feeds = sorted({path for path in paths if path.rpartition("/")[2] in _TOPICS})
    return tuple(_ping(masthead.hub, masthead.url(path)) for path in feeds)


def _ping(hub: str, topic: str) -> Ping:
    form = {"hub.mode": "publish", "hub.url": topic}
    return Ping(hub=hub, topic=topic, body=urlencode(form).encode("ascii"))
