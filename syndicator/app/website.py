"""The website of this process."""

from __future__ import annotations

import time

from syndicator.app.parts import App
from syndicator.model import Monotonic
from syndicator.web.app import Website, build
from syndicator.web.published import Published


def website(app: App, *, monotonic: Monotonic = time.monotonic) -> Published:
    """Return the whole web of this app as one ASGI application."""
    return build(
        Website(
            site=app.builder.bare_site,
            database=app.database,
            subscriptions=app.subscriptions,
            editorial=app.editorial,
            http=app.client,
            parser=app.parsers,
            emails_leave=app.sends_emails,
            now=app.now,
            monotonic=monotonic,
        )
    )
