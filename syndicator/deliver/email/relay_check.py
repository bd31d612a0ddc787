"""What a relay's welcome means for the mail it is to carry. Pure: a welcome in, findings out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from syndicator.deliver.email.findings import fault, note, ok
from syndicator.deliver.email.smtp import Welcome
from syndicator.model import Finding

BIGGEST_BYTES = 200_000
"""A digest at its largest: 80 KB of HTML, its text, and their encoding."""

SOON = timedelta(days=14)

_OLD = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})


def welcomed(
    about: str, welcome: Welcome, *, here: bool, has_user: bool, now: datetime
) -> Iterator[Finding]:
    """Yield what is to be said of a relay that could be reached.

    Args:
        here: it is on this machine, where nobody can listen.
        has_user: a user name is configured.
    """
    yield _tls(about, welcome, here=here)
    if welcome.until is not None:
        ends = f"its certificate is right and ends on {welcome.until:%Y-%m-%d}"
        if welcome.until - now < SOON:
            yield note(about, ends, "see that its operator renews it: mail stops on that day")
        else:
            yield ok(about, ends)
    yield _login(about, welcome, has_user=has_user)
    yield _size(about, welcome)
    if "pipelining" not in welcome.extensions:
        yield note(
            about, "it has no PIPELINING", "nothing to do; each message takes a little longer"
        )
    for sender, answer in welcome.refused.items():
        yield fault(
            about,
            f"it does not take mail from {sender}: {answer}",
            "ask its operator to let this address send, or change the sender",
        )


def _tls(about: str, welcome: Welcome, *, here: bool) -> Finding:
    if welcome.tls is None:
        if here:
            return ok(about, "it answers, in clear, on this machine")
        return fault(
            about,
            "it answers in clear: everybody on the way can read the mail",
            "use smtps://, or a relay that offers STARTTLS",
        )
    if welcome.tls in _OLD:
        return fault(about, f"it speaks {welcome.tls}", "ask its operator for TLS 1.2 or newer")
    return ok(about, f"it answers and speaks {welcome.tls}")


def _login(about: str, welcome: Welcome, *, has_user: bool) -> Finding:
    if has_user:
        return ok(about, "it knows our user name and password")
    if "auth" in welcome.extensions:
        return note(
            about,
            "it offers a login, and no user is configured",
            "fine if it knows this machine by its address; else put user:password@ into the URL",
        )
    return ok(about, "it asks for no login")


def _size(about: str, welcome: Welcome) -> Finding:
    limit = welcome.extensions.get("size", "").strip()
    if not limit.isdigit() or int(limit) == 0:
        return ok(about, "it names no limit of size")
    if int(limit) < BIGGEST_BYTES:
        return fault(
            about,
            f"it takes {int(limit):,} bytes a message, and a digest may have {BIGGEST_BYTES:,}",
            "ask its operator for more",
        )
    return ok(about, f"it takes {int(limit):,} bytes a message")
