"""Published bytes, answered from memory before any routing.

The artefact table is their home; here is a copy of what was asked for lately, bounded in bytes.
One generation number says whether the copy is stale; it is looked at once a second at most, so a
new post is seen within a second and a thousand requests a second cost one small query.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicator.errors import StoreUnavailable
from syndicator.model import Artefact
from syndicator.web.answer import Answer, answer_of
from syndicator.web.negotiate import coding, holds, unchanged_since

_LONGEST_PATH = 300
_MOST_ABSENT = 4096
_MOST_CHOICES = 512
_EMPTY = {"type": "http.response.body", "body": b""}
_AWAY: Message = {
    "type": "http.response.start",
    "status": 503,
    "headers": [
        (b"retry-after", b"60"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ],
}
ALLOW = "GET, HEAD, OPTIONS"
"""The methods of a published document."""
PUBLISHED = "syndicator.published"
"""The key, holding ``ALLOW``, in the scope of a request by a method its document has not."""


class Published:
    """An ASGI app that answers for artefacts and hands everything else to the app inside.

    Lives on one event loop; only ``invalidate`` may be called from another thread. Where
    ``elsewhere`` is True of a path no document ever stands: its requests wait for no database here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        load: Callable[[str], Artefact | None],
        generation: Callable[[], int],
        monotonic: Callable[[], float],
        https: bool,
        elsewhere: Callable[[str], bool] = lambda _: False,
        budget_bytes: int = 64_000_000,
        look_every: timedelta = timedelta(seconds=1),
    ) -> None:
        self._app = app
        self._load = load
        self._generation = generation
        self._monotonic = monotonic
        self._https = https
        self._elsewhere = elsewhere
        self._budget = budget_bytes
        self._look_every = look_every.total_seconds()
        self._look_at = float("-inf")
        self._seen: int | None = None
        self._memory: OrderedDict[str, Answer] = OrderedDict()
        self._memory_bytes = 0
        self._absent: dict[str, None] = {}
        self._loading: dict[str, asyncio.Task[Answer | None]] = {}
        self._choices: dict[tuple[bytes | None, frozenset[bytes]], bytes] = {}

    def invalidate(self) -> None:
        """Have the next request look whether anything changed."""
        self._look_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a document's GET, HEAD or OPTIONS, or pass the request on."""
        if scope["type"] != "http" or self._elsewhere(scope["path"]):
            await self._app(scope, receive, send)
            return
        if self._monotonic() >= self._look_at:
            await self._look()
        path = scope["path"]
        held = self._memory.get(path)
        if held is None:
            try:
                held = await self._bring(path)
            except StoreUnavailable:
                # Nothing to add to what the look at the generation has logged this second.
                await send(_AWAY)
                await send(_EMPTY)
                return
        else:
            self._memory.move_to_end(path)
        if held is None:
            await self._app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._answer(held, scope, send)
        elif scope["method"] == "OPTIONS":
            await send(held.options)
            await send(_EMPTY)
        else:
            await self._app({**scope, PUBLISHED: ALLOW}, receive, send)

    async def _answer(self, held: Answer, scope: Scope, send: Send) -> None:
        accept = match = since = None
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accept = value if accept is None else accept + b"," + value
            elif name == b"if-none-match":
                match = value if match is None else match + b"," + value
            elif name == b"if-modified-since":
                since = value
        form = held.forms[self._choice(accept, held.codings)]
        if match is not None:
            fresh = holds(match, etag=form.etag)
        else:
            fresh = since is not None and _unchanged(since, held)
        if fresh:
            await send(form.not_modified)
            await send(_EMPTY)
        else:
            await send(form.start)
            await send(form.body if scope["method"] == "GET" else _EMPTY)

    def _choice(self, accept: bytes | None, codings: frozenset[bytes]) -> bytes:
        chosen = self._choices.get((accept, codings))
        if chosen is None:
            # Browsers send a handful of values; what does not stop varying is not worth keeping.
            if len(self._choices) >= _MOST_CHOICES:
                self._choices.clear()
            chosen = self._choices[accept, codings] = coding(accept, held=codings)
        return chosen

    async def _look(self) -> None:
        # Set first: while one request looks, the others go on with what we have.
        self._look_at = self._monotonic() + self._look_every
        generation = await asyncio.to_thread(self._generation)
        if generation != self._seen:
            self._seen = generation
            self._memory.clear()
            self._absent.clear()
            self._loading.clear()
            self._memory_bytes = 0

    async def _bring(self, path: str) -> Answer | None:
        stored = _stored_path(path)
        if stored is None or path in self._absent:
            return None
        task = self._loading.get(path)
        if task is None:
            task = asyncio.create_task(self._remember(path, stored))
            self._loading[path] = task
            task.add_done_callback(lambda done: self._forget_task(path, done))
        # A reader who leaves must not take the load away from the others who wait for it.
        return await asyncio.shield(task)

    def _forget_task(self, path: str, task: asyncio.Task[Answer | None]) -> None:
        if self._loading.get(path) is task:
            del self._loading[path]

    async def _remember(self, path: str, stored: str) -> Answer | None:
        began = self._seen
        artefact = await asyncio.to_thread(self._load, stored)
        answer = None if artefact is None else answer_of(artefact, https=self._https)
        if began != self._seen:
            # Something was published while we read: this may be older than what we now promise.
            return answer
        if answer is None:
            if len(self._absent) >= _MOST_ABSENT:
                self._absent.clear()
            self._absent[path] = None
        elif answer.size_bytes <= self._budget:
            self._keep(path, answer)
        return answer

    def _keep(self, path: str, answer: Answer) -> None:
        self._memory[path] = answer
        self._memory_bytes += answer.size_bytes
        while self._memory_bytes > self._budget:
            _, oldest = self._memory.popitem(last=False)
            self._memory_bytes -= oldest.size_bytes


def _stored_path(path: str) -> str | None:
    """Return where the document at a request's path is stored, ``None`` if none can be there.

    The root is not answered from a document: which language it leads to depends on the reader.
    """
    if path == "/" or not path.startswith("/") or len(path) > _LONGEST_PATH or "\0" in path:
        return None
    return f"{path[1:]}index.html" if path.endswith("/") else path[1:]


def _unchanged(since: bytes, held: Answer) -> bool:
    return since == held.last_modified or unchanged_since(since, modified=held.modified)
