"""What stands around the pages: headers that keep readers safe, an end to waits at the database."""

from __future__ import annotations

from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicator.model import Monotonic
from syndicator.store.db.deadline import FOR_A_PERSON, REQUEST, Deadline

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A feed's stylesheet (XSLT) counts as a script; it is our own file, and no feed is a page.
_FEED_POLICY = f"{_POLICY}; script-src 'self'"


def safety_headers(*, https: bool, feed: bool = False) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that forbid what no page of ours does: scripts, frames, other hosts.

    ``https`` is True where readers come by https: only then may we promise it for a year.
    """
    always = (
        (b"content-security-policy", (_FEED_POLICY if feed else _POLICY).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        (b"cross-origin-opener-policy", b"same-origin"),
    )
    promise = (b"strict-transport-security", b"max-age=31536000")
    return (*always, promise) if https else always


class SafetyHeaders:
    """Adds the safety headers to every answer of the app inside, but those it gave itself.

    Of two, browsers would heed the last: a page may say one of them more strictly.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = list(safety_headers(https=https))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app inside does, with the headers added."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                given = {name.lower() for name, _ in own}
                missing = [pair for pair in self._headers if pair[0] not in given]
                message = {**message, "headers": [*own, *missing]}
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


class DatabaseDeadline:
    """The ASGI app inside, whose requests wait for the database only so long, all in all.

    The time begins when a request is whole: how slowly it came is not the database's fault.
    """

    def __init__(
        self, app: ASGIApp, *, monotonic: Monotonic, wait: timedelta = FOR_A_PERSON
    ) -> None:
        self._app = app
        self._monotonic = monotonic
        self._wait = wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app inside does."""
        deadline = Deadline(wait=self._wait, monotonic=self._monotonic)

        async def receive_and_restart() -> Message:
            message = await receive()
            deadline.restart()
            return message

        # Each request is a task of its own: nobody else sees this.
        REQUEST.set(deadline)
        await self._app(scope, receive_and_restart, send)
