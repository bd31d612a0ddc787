"""An issue as rendered for one language, and any reader's mail from it by joining strings.

    Issue --render.rendered--> Rendered, stored as JSON --mail--> Mail of one variant

Nothing is rendered here: a thousand variants cost string joins. An issue's words are those of its
``Rendered`` alone, whatever templates or translations have become since. Only where our own pages
are is put in with each mail (``SITE_MARK``): an address that was frozen could be a dead one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, NewType

from syndicator.digest.cuts import POSTS, Parts, joined
from syndicator.digest.issue_post import shortened
from syndicator.locales import plural_category
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Mail

LARGEST = 80_000
"""Most bytes of the HTML on the wire: Gmail clips near 102 KB and hides the way out (E7)."""

PREHEADER = 150
"""Letters shown beside the subject in a list of mails, by most programs."""

SHORT_FORM, BARE_FORM = 1, 2

_PLAIN = bytes(range(33, 61)) + bytes(range(62, 127)) + b" \n"


Counted = NewType("Counted", Mapping[str, str])
"""A sentence by CLDR's names of numbers (``one``, ``few``, ``other``); ``{n}`` is in each."""


def counted(forms: Counted, n: int, *, language: str) -> str:
    """Return the sentence for ``n`` things."""
    category = plural_category(n, language=language)
    return forms.get(category, forms["other"]).replace("{n}", str(n))


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A piece of a mail in both its parts."""

    text: Parts
    html: Parts

    def filled(self, filling: Mapping[str, str]) -> tuple[str, str]:
        """Return text and HTML with the slots filled; ``filling`` is plain text."""
        marked_up = {name: escape(value) for name, value in filling.items()}
        return joined(self.text, filling), joined(self.html, marked_up)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedCity:
    """A city's heading, and the line that counts and links what did not fit."""

    is_city: bool
    heading: Piece
    more: Piece
    count: Counted


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedPost:
    """A post in up to three forms, from generous to spare. ``city`` is the slug it stands under.

    ``title`` is plain text, for the line shown beside the subject.
    """

    city: str
    title: str
    forms: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """An issue in one language: its frame, its cities by slug, its posts by public id."""

    language: str
    most_of_a_city: int
    posts_count: Counted
    cities_count: Counted
    subject: Parts
    frame: Piece
    cities: Mapping[str, RenderedCity]
    posts: Mapping[str, RenderedPost]


def mail(rendered: Rendered, posts: Sequence[str], *, base_url: str) -> Mail:
    """Return the mail of ``posts`` (public ids) in this order, each city in one piece.

    Of one city at most ``most_of_a_city`` posts are in it; the rest is counted and linked. If the
    HTML were larger than ``LARGEST``, excerpts are shortened first, then fewer of each city taken.

    Args:
        base_url: where our pages are by now, without a trailing slash.

    Raises:
        KeyError: a post that the issue does not have.
    """
    by_city: dict[str, list[RenderedPost]] = {}
    for public_id in posts:
        post = rendered.posts[public_id]
        by_city.setdefault(post.city, []).append(post)
    for form, most in _fits(rendered.most_of_a_city):
        mail = _mail(rendered, by_city, form=form, most=most, base_url=base_url)
        if wire_size(mail.html) <= LARGEST:
            break
    return mail


def wire_size(text: str) -> int:
    """Return at least how many bytes ``text`` takes as quoted-printable, close above it.

    Source: RFC 2045 6.7.
    """
    octets = text.encode()
    encoded = len(octets) + 2 * len(octets.translate(None, _PLAIN))
    # A soft line break is three bytes; an encoded letter that does not fit goes to the next line.
    return encoded + 3 * (encoded // 72 + 1) + text.count("\n")


def _fits(most: int) -> Iterator[tuple[int, int]]:
    """Yield which form to take and how many posts of a city, from generous to spare.

    Where even titles alone are too many, fewer posts with a few words each say more.
    """
    for form in (0, SHORT_FORM, BARE_FORM):
        yield form, most
    for fewer in range(most - 1, 0, -1):
        yield SHORT_FORM, fewer
    yield BARE_FORM, 1
    yield BARE_FORM, 0


def _mail(
    rendered: Rendered,
    by_city: Mapping[str, Sequence[RenderedPost]],
    *,
    form: int,
    most: int,
    base_url: str,
) -> Mail:
    filled = [
        piece
        for slug, own in by_city.items()
        for piece in _city(
            rendered.cities[slug], own, form=form, most=most, language=rendered.language
        )
    ]
    filling = {
        "count": _count(rendered, by_city),
        # The first post of each city, as far as there is room.
        "preheader": shortened(" · ".join(own[0].title for own in by_city.values()), PREHEADER),
    }
    marked_up = {name: escape(value) for name, value in filling.items()}
    text = joined(rendered.frame.text, filling | {POSTS: "".join(text for text, _ in filled)})
    html = joined(rendered.frame.html, marked_up | {POSTS: "".join(html for _, html in filled)})
    return Mail(
        language=rendered.language,
        subject=" ".join(joined(rendered.subject, filling).split()),
        text=text.replace(SITE_MARK, base_url),
        html=html.replace(SITE_MARK, escape(base_url)),
    )


def _city(
    city: RenderedCity, posts: Sequence[RenderedPost], *, form: int, most: int, language: str
) -> Iterator[tuple[str, str]]:
    yield city.heading.filled({})
    for post in posts[:most]:
        yield post.forms[min(form, len(post.forms) - 1)].filled({})
    left = len(posts) - most
    if left > 0:
        yield city.more.filled({"more": counted(city.count, left, language=language)})


def _count(rendered: Rendered, by_city: Mapping[str, Sequence[RenderedPost]]) -> str:
    """Return how many posts, and of how many cities where there are several."""
    posts = counted(
        rendered.posts_count, sum(map(len, by_city.values())), language=rendered.language
    )
    cities = sum(rendered.cities[slug].is_city for slug in by_city)
    if cities < 2:
        return posts
    return f"{posts}, {counted(rendered.cities_count, cities, language=rendered.language)}"


def to_json(rendered: Rendered) -> dict[str, Any]:
    """Return ``rendered`` as values that JSON knows; ``from_json`` gives the same back."""
    return asdict(rendered)


def from_json(stored: Mapping[str, Any]) -> Rendered:
    """Return what ``to_json`` was given.

    Of an issue frozen by a program that froze our address too, that address is taken out again.
    """
    frozen_at = _frozen_address(stored)
    if frozen_at != SITE_MARK:
        old, mark = (f"{site}/{stored['language']}/" for site in (frozen_at, SITE_MARK))
        stored = _with(stored, old, mark)
    return Rendered(
        language=stored["language"],
        most_of_a_city=stored["most_of_a_city"],
        posts_count=Counted(stored["posts_count"]),
        cities_count=Counted(stored["cities_count"]),
        subject=tuple(stored["subject"]),
        frame=_piece(stored["frame"]),
        cities={
            slug: RenderedCity(
                is_city=city["is_city"],
                heading=_piece(city["heading"]),
                more=_piece(city["more"]),
                count=Counted(city["count"]),
            )
            for slug, city in stored["cities"].items()
        },
        posts={
            public_id: RenderedPost(
                city=post["city"],
                title=post["title"],
                forms=tuple(_piece(form) for form in post["forms"]),
            )
            for public_id, post in stored["posts"].items()
        },
    )


def _frozen_address(stored: Mapping[str, Any]) -> str:
    """Return what the way out in a stored frame begins with: our address when it was rendered."""
    way_out = rf"(\S+)/{stored['language']}/unsubscribe/{UNSUBSCRIBE_MARK}"
    match = re.search(way_out, "".join(stored["frame"]["text"]))
    return match[1] if match else SITE_MARK


def _with(stored: Mapping[str, Any], old: str, new: str) -> Mapping[str, Any]:
    """Return a stored rendering with ``new`` for ``old`` where links of ours stand: in frame and
    counting lines, and in no post."""

    def changed(piece: Mapping[str, Any]) -> Mapping[str, Any]:
        return {part: [words.replace(old, new) for words in piece[part]] for part in piece}

    return {
        **stored,
        "frame": changed(stored["frame"]),
        "cities": {
            slug: {**city, "more": changed(city["more"])} for slug, city in stored["cities"].items()
        },
    }


def _piece(stored: Mapping[str, Any]) -> Piece:
    return Piece(text=tuple(stored["text"]), html=tuple(stored["html"]))
