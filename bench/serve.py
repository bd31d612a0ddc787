"""Serves one 200 KB ``/feed.xml`` with the program's own web; settings by environment.

Writes the document's three forms into the current folder first, for the server beside it.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path

from web import feed

from syndicator import config
from syndicator.app import opened
from syndicator.app.serving import bound, serve
from syndicator.app.website import website
from syndicator.model import Artefact, Channel
from syndicator.publish.artefact import compressed, plain
from syndicator.store.feeds import artefacts

SIZE = 200_000


def document() -> Artefact:
    """Return a feed of 200 KB whose forms are as large as those of real text."""
    body = b"".join(feed(index) for index in range(5))
    # Made text repeats itself; a pinch of chance makes it as hard to compress as prose.
    chance = random.Random(2026)
    salted = b"".join(
        b"%s%x " % (body[at : at + 28], chance.getrandbits(32)) for at in range(0, len(body), 28)
    )[:SIZE]
    made = plain(
        "feed.xml",
        content_type="application/rss+xml; charset=utf-8",
        body=salted,
        modified=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return compressed(made, current=True)


def main() -> None:
    """Serve until killed."""
    made = document()
    Path("feed.xml").write_bytes(made.body)
    Path("feed.xml.gz").write_bytes(made.gz or b"")
    Path("feed.xml.br").write_bytes(made.br or b"")
    settings = config.load(os.environ)
    listen = settings.deployment.listen_host, settings.deployment.listen_port
    with bound(*listen) as listener, opened(settings) as app:
        with app.database.write() as tx:
            artefacts.save(tx, Channel(), [made], mark=None)
        serve(website(app), listener)


main()
