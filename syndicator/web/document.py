"""An artefact as ready-made ASGI messages, one set for each encoding it is kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.types import Message

from syndicator.model import Artefact
from syndicator.publish.artefact import etag_for
from syndicator.web.middleware import safety_headers

Header = tuple[bytes, bytes]

_OVERHEAD_BYTES = 4096
"""What headers and objects cost beside the bodies, roughly."""
_OPEN: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Last-Modified"),
)
_ALLOW: Header = (b"allow", b"GET, HEAD, OPTIONS")
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
    (b"access-control-max-age", b"86400"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedDocument:
    """One encoding of a document: its validator and the messages that answer with it."""

    etag: bytes
    start: Message
    body: Message
    not_modified: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document ready to be sent. ``encoded`` is by coding; ``identity`` is always there."""

    encoded: Mapping[bytes, EncodedDocument]
    codings: frozenset[bytes]
    options: Message
    modified: datetime
    last_modified: bytes
    size_bytes: int


def document_of(artefact: Artefact, *, https: bool) -> Document:
    """Return ``artefact`` as messages, complete: only the encoding is left to choose."""
    bodies = {b"identity": artefact.body, b"gzip": artefact.gz, b"br": artefact.br}
    encodings = {coding: body for coding, body in bodies.items() if body is not None}
    safe = safety_headers(https=https, feed="xml" in artefact.content_type)
    return Document(
        encoded={
            coding: _encoded(artefact, coding, body, safe) for coding, body in encodings.items()
        },
        codings=frozenset(encodings),
        options=_start(204, (_ALLOW, *_caching(artefact), *safe, *_PREFLIGHT)),
        modified=artefact.modified,
        last_modified=_http_date(artefact.modified),
        size_bytes=sum(map(len, encodings.values())) + _OVERHEAD_BYTES,
    )


def _encoded(
    artefact: Artefact, coding: bytes, body: bytes, safe: tuple[Header, ...]
) -> EncodedDocument:
    plain = coding == b"identity"
    etag = etag_for(artefact.etag, coding=None if plain else coding.decode()).encode()
    cached = ((b"etag", etag), *_caching(artefact))
    modified = (b"last-modified", _http_date(artefact.modified))
    coded = () if plain else ((b"content-encoding", coding),)
    language = ((b"content-language", artefact.language.encode()),) if artefact.language else ()
    about = (
        (b"content-type", artefact.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *coded,
        *language,
    )
    return EncodedDocument(
        etag=etag,
        start=_start(200, (*about, modified, *cached, *safe)),
        body={"type": "http.response.body", "body": body},
        # Only what RFC 9110 15.4.5 asks for: a browser keeps the other headers of what it holds,
        # and the server in front of us spends more on each header than we do on the answer.
        not_modified=_start(304, cached),
    )


def _caching(artefact: Artefact) -> tuple[Header, ...]:
    """Return who may keep the document, for how long, and which scripts may read it."""
    page = artefact.content_type.startswith("text/html")
    style = artefact.content_type.startswith("text/css")
    # A stylesheet has its hash in its address; a document may be asked for again after minutes.
    age = b"public, max-age=86400" if style else b"public, max-age=300"
    return (
        (b"cache-control", age),
        (b"vary", b"Accept-Encoding"),
        *(() if page or style else _OPEN),
    )


def _start(status: int, headers: tuple[Header, ...]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def _http_date(moment: datetime) -> bytes:
    return format_datetime(moment, usegmt=True).encode()
