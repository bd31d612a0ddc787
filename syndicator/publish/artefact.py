"""Published bytes with their validator and compressed forms, made only when entries change."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import brotli  # type: ignore[import-untyped]

from syndicator.model import Artefact, Edition, Scope
from syndicator.publish.feed import atom_of, rss_of
from syndicator.publish.feed_face import STYLESHEET
from syndicator.publish.feed_item import Items, LeftOut, items_of
from syndicator.publish.jsonfeed import json_of
from syndicator.publish.masthead import FeedMeta, Form, path_of

_BROTLI_QUALITY = 5
_GZIP_LEVEL = 9
_GZIP_LEVEL_OF_ARCHIVES = 6
"""Half a percent larger for a quarter less time: an archive is made more often than it is read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Documents:
    """A channel's documents, and the posts that none of them could hold."""

    artefacts: tuple[Artefact, ...]
    left_out: tuple[LeftOut, ...] = ()


def documents(edition: Edition, *, masthead: FeedMeta) -> Documents:
    """Return the channel's RSS, Atom and JSON Feed: same edition and masthead, same bytes."""
    channel = edition.channel
    return documents_of(
        edition,
        items_of(edition, masthead=masthead),
        masthead=masthead,
        language=channel.value if channel.scope is Scope.LANGUAGE else None,
    )


def documents_of(
    edition: Edition, items: Items, *, masthead: FeedMeta, language: str | None
) -> Documents:
    """Return the three documents of items already made from the edition."""
    renderings = {
        Form.RSS: rss_of(edition, items, masthead=masthead),
        Form.ATOM: atom_of(edition, items, masthead=masthead),
        Form.JSON: json_of(edition, items, masthead=masthead),
    }
    artefacts = tuple(
        plain(
            path_of(edition.channel, form),
            content_type=form.content_type,
            body=rendered.body,
            modified=edition.updated,
            language=language,
        )
        for form, rendered in renderings.items()
    )
    missing = {out: None for rendered in renderings.values() for out in rendered.left_out}
    return Documents(artefacts=artefacts, left_out=tuple(missing))


def face_style(style: bytes, *, modified: datetime) -> Artefact:
    """Return the stylesheet that gives feeds their face in a browser, at the path they name.

    ``style`` is the bytes of ``templates/site/feed.css``; ``modified`` when they last changed.
    """
    content_type = "text/css; charset=utf-8"
    return plain(STYLESHEET, content_type=content_type, body=style, modified=modified)


def plain(
    path: str, *, content_type: str, body: bytes, modified: datetime, language: str | None = None
) -> Artefact:
    """Return ``body`` as an artefact with a strong ETag of its content and no compressed forms.

    Source: RFC 9110 8.8.3.
    """
    return Artefact(
        path=path,
        content_type=content_type,
        body=body,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        modified=modified,
        language=language,
    )


def compressed(artefact: Artefact, *, current: bool) -> Artefact:
    """Return the artefact with its gzip form, and brotli if ``current``: same body, same bytes.

    Archives are asked for too seldom to keep a second form or to spend the last percent on.
    Most of the time here goes by without the interpreter's lock: threads help.
    """
    level = _GZIP_LEVEL if current else _GZIP_LEVEL_OF_ARCHIVES
    return replace(
        artefact,
        gz=gzip.compress(artefact.body, compresslevel=level, mtime=0),
        br=brotli.compress(artefact.body, quality=_BROTLI_QUALITY) if current else None,
    )


def etag_for(etag: str, *, coding: str | None) -> str:
    """Return the validator of one encoding: ``"abc"`` becomes ``"abc-gzip"``.

    The compressed bytes are another representation, so a strong validator must differ.

    Source: RFC 9110 8.8.3.3.
    """
    return f'{etag[:-1]}-{coding}"' if coding else etag
