"""Published bytes, answered from memory before any routing.

The artefact table is their home; here is a copy of what was asked for lately, bounded in bytes.
One generation number says whether the copy is stale; it is read once a second at most, so a
new post is seen within a second and a thousand requests a second cost one small query.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicator import log
from syndicator.errors import StoreUnavailable
from syndicator.model import Artefact, Monotonic
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts
from syndicator.web.document import Document, document_of
from syndicator.web.negotiate import coding, matches, unchanged_since

logger = log.get("web")

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
    ``undocumented`` matches a path no document ever stands: its requests wait for no database here.
    While the database is away, what is in memory is served on, which is what readers need of it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        database: Database,
        monotonic: Monotonic,
        https: bool,
        undocumented: re.Pattern[str] | None = None,
        budget_bytes: int = 64_000_000,
        check_every: timedelta = timedelta(seconds=1),
    ) -> None:
        self._app = app
        self._database = database
        self._monotonic = monotonic
        self._https = https
        self._undocumented = undocumented
        self._budget = budget_bytes
        self._check_every = check_every.total_seconds()
        self._check_at = float("-inf")
        self._generation: int | None = None
        self._memory: OrderedDict[str, Document] = OrderedDict()
        self._memory_bytes = 0
        self._absent: dict[str, None] = {}
        self._loading: dict[str, asyncio.Task[Document | None]] = {}
        self._choices: dict[tuple[bytes | None, frozenset[bytes]], bytes] = {}
        self._log_away = log.Seldom(logger.warning, "database not reached", monotonic=monotonic)

    def invalidate(self) -> None:
        """Have the next request check whether anything changed."""
        self._check_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a document's GET, HEAD or OPTIONS, or pass the request on."""
        path = scope["path"] if scope["type"] == "http" else None
        if path is None or (self._undocumented and self._undocumented.match(path)):
            await self._app(scope, receive, send)
            return
        if self._monotonic() >= self._check_at:
            await self._check_generation()
        document = self._memory.get(path)
        if document is None:
            try:
                document = await self._document(path)
            except StoreUnavailable:
                # Nothing to add to what the check of the generation has logged this second.
                await send(_AWAY)
                await send(_EMPTY)
                return
        else:
            self._memory.move_to_end(path)
        if document is None:
            await self._app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._answer(document, scope, send)
        elif scope["method"] == "OPTIONS":
            await send(document.options)
            await send(_EMPTY)
        else:
            await self._app({**scope, PUBLISHED: ALLOW}, receive, send)

    async def _answer(self, document: Document, scope: Scope, send: Send) -> None:
        accept = match = since = None
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accept = value if accept is None else accept + b"," + value
            elif name == b"if-none-match":
                match = value if match is None else match + b"," + value
            elif name == b"if-modified-since":
                since = value
        encoded = document.encoded[self._choice(accept, document.codings)]
        if match is not None:
            unchanged = matches(match, etag=encoded.etag)
        elif since is not None:
            unchanged = since == document.last_modified or unchanged_since(
                since, modified=document.modified
            )
        else:
            unchanged = False
        if unchanged:
            await send(encoded.not_modified)
            await send(_EMPTY)
        else:
            await send(encoded.start)
            await send(encoded.body if scope["method"] == "GET" else _EMPTY)

    def _choice(self, accept: bytes | None, codings: frozenset[bytes]) -> bytes:
        chosen = self._choices.get((accept, codings))
        if chosen is None:
            # Browsers send a handful of values; what does not stop varying is not worth keeping.
            if len(self._choices) >= _MOST_CHOICES:
                self._choices.clear()
            chosen = self._choices[accept, codings] = coding(accept, offered=codings)
        return chosen

    async def _check_generation(self) -> None:
        # Set first: while one request checks, the others go on with what we have.
        self._check_at = self._monotonic() + self._check_every
        try:
            generation = await asyncio.to_thread(self._read_generation)
        except StoreUnavailable as error:
            self._log_away(detail=str(error))
            return
        if generation != self._generation:
            self._generation = generation
            self._memory.clear()
            self._absent.clear()
            self._loading.clear()
            self._memory_bytes = 0

    def _read_generation(self) -> int:
        with self._database.read() as tx:
            return artefacts.generation(tx)

    def _load(self, stored: str) -> Artefact | None:
        with self._database.read() as tx:
            return artefacts.load(tx, stored)

    async def _document(self, path: str) -> Document | None:
        stored = _stored_path(path)
        if stored is None or path in self._absent:
            return None
        task = self._loading.get(path)
        if task is None:
            task = asyncio.create_task(self._read(path, stored))
            self._loading[path] = task
            task.add_done_callback(lambda ended: self._loaded(path, ended))
        # A reader who leaves must not take the load away from the others who wait for it.
        return await asyncio.shield(task)

    def _loaded(self, path: str, task: asyncio.Task[Document | None]) -> None:
        if self._loading.get(path) is task:
            del self._loading[path]

    async def _read(self, path: str, stored: str) -> Document | None:
        before = self._generation
        artefact = await asyncio.to_thread(self._load, stored)
        document = None if artefact is None else document_of(artefact, https=self._https)
        if before != self._generation:
            # Something was published while we read: this may be older than what we now promise.
            return document
        if document is None:
            if len(self._absent) >= _MOST_ABSENT:
                self._absent.clear()
            self._absent[path] = None
        elif document.size_bytes <= self._budget:
            self._memory[path] = document
            self._memory_bytes += document.size_bytes
            while self._memory_bytes > self._budget:
                _, oldest = self._memory.popitem(last=False)
                self._memory_bytes -= oldest.size_bytes
        return document


def _stored_path(path: str) -> str | None:
    """Return where the document at a request's path is stored, ``None`` if none can be there.

    The root is not answered from a document: which language it leads to depends on the reader.
    """
    if path == "/" or not path.startswith("/") or len(path) > _LONGEST_PATH or "\0" in path:
        return None
    return f"{path[1:]}index.html" if path.endswith("/") else path[1:]
