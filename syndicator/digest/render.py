"""An issue rendered once in one language. The only door to premailer.

The whole issue is one document with a mark before each piece. Its styles are inlined once, which
costs 30 ms, and then it is cut up; what readers get is joined from the pieces (``rendered.mail``).
"""

from __future__ import annotations

import hashlib
import logging
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment

from syndicator.digest.cuts import FRAME, Cuts, Parts
from syndicator.digest.issue_post import IssueCity, cities_of, one_line
from syndicator.digest.order import CityNames
from syndicator.digest.rendered import Counted, Piece, Rendered, RenderedCity, RenderedPost
from syndicator.errors import TemplateUnfit
from syndicator.locales import Locale
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Draft, Issue

COLUMNS = 72
"""How wide the text part is: what still fits when it is quoted in an answer."""

_SUBJECT, _TEXT, _HTML = "digest/subject.txt", "digest/body.txt", "digest/body.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestMeta:
    """What every mail of a digest carries, whatever its issue.

    ``languages`` are the network's. ``titles`` are the digest's names by language. Of links of ours
    it knows all but where our pages are: that is so when a mail is made, and need not be what it
    was when the issue was frozen.
    """

    network: str
    organisation: str
    contact_email: str
    titles: Mapping[str, str]
    languages: tuple[str, ...]
    names: CityNames
    zone: ZoneInfo
    most_of_a_city: int

    def unsubscribe_url(self, language: str) -> str:
        """Return the reader's own way out, with the mark where their token goes."""
        return f"{SITE_MARK}/{language}/unsubscribe/{UNSUBSCRIBE_MARK}"

    def issue_url(self, issue: Draft | Issue, *, language: str) -> str:
        """Return where the issue can be read in a browser, by anybody."""
        return f"{SITE_MARK}/{language}/issues/{issue.cadence}/{issue.period}/"


def rendered(
    issue: Draft | Issue, *, language: str, head: DigestMeta, templates: Environment
) -> Rendered:
    """Return the issue for readers of ``language``: every post it has, styles inlined, in pieces.

    Raises:
        TemplateUnfit: a template has not exactly one way out in each part, or lacks a piece.
        jinja2.TemplateError: a template is broken or names something that is not there.
    """
    cities = cities_of(
        issue.posts, language=language, languages=head.languages, names=head.names, zone=head.zone
    )
    # No text of the issue can hold the nonce, since it is made from all of them.
    nonce = hashlib.sha256(f"{issue.content_hash} {language}".encode()).hexdigest()[:24]
    cuts = Cuts(nonce=nonce)
    facts = _facts(issue, cities, language=language, head=head, cuts=cuts)
    subject, text, html = (
        templates.get_template(name).render(facts) for name in (_SUBJECT, _TEXT, _HTML)
    )
    texts, htmls = cuts.pieces(text), cuts.pieces(_inlined(html))
    _check(htmls, texts, cities)
    locale = head.names.locales[language]
    return Rendered(
        language=language,
        most_of_a_city=head.most_of_a_city,
        posts_count=Counted(locale.forms("post.count")),
        cities_count=Counted(locale.forms("city.count")),
        subject=cuts.pieces(subject)[FRAME],
        frame=Piece(text=texts[FRAME], html=htmls[FRAME]),
        cities={city.slug: _city(city, texts, htmls, locale) for city in cities},
        posts={
            public_id: post
            for city in cities
            for public_id, post in _posts(city, texts, htmls).items()
        },
    )


def wrapped(text: str) -> str:
    """Return ``text`` in lines of at most ``COLUMNS`` letters; a longer word stays whole."""
    return textwrap.fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def paragraphs(text: str) -> list[list[str]]:
    """Return plain text as paragraphs of lines: an empty line parts them."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        words = one_line(line)
        blocks[-1].append(words) if words else blocks.append([])
    return [lines for lines in blocks if lines]


def _facts(
    issue: Draft | Issue,
    cities: tuple[IssueCity, ...],
    *,
    language: str,
    head: DigestMeta,
    cuts: Cuts,
) -> dict[str, Any]:
    locale = head.names.locales[language]
    return {
        "language": language,
        "head": head,
        "title": head.titles[language],
        "period": locale.period_name(issue.period),
        "greeting": paragraphs(issue.greetings.get(language, "")),
        "cities": cities,
        "cut": cuts.cut,
        "slot": cuts.slot,
        "t": locale.text,
        "wrapped": wrapped,
        "site_url": f"{SITE_MARK}/{language}/",
        "issue_url": head.issue_url(issue, language=language),
        "preferences_url": f"{SITE_MARK}/{language}/preferences",
        "privacy_url": f"{SITE_MARK}/{language}/privacy/",
        "unsubscribe_url": head.unsubscribe_url(language),
    }


def _city(
    city: IssueCity, texts: Mapping[str, Parts], htmls: Mapping[str, Parts], locale: Locale
) -> RenderedCity:
    heading, more = f"city/{city.number}", f"more/{city.number}"
    forms = locale.forms("mail.more")
    return RenderedCity(
        is_city=city.is_city,
        heading=Piece(text=texts[heading], html=htmls[heading]),
        more=Piece(text=texts[more], html=htmls[more]),
        count=Counted(
            {category: form.replace("{city}", city.name) for category, form in forms.items()}
        ),
    )


def _posts(
    city: IssueCity, texts: Mapping[str, Parts], htmls: Mapping[str, Parts]
) -> dict[str, RenderedPost]:
    forms: dict[str, list[Piece]] = {}
    titles = {}
    for post in city.posts:
        name = f"post/{post.number}/{post.form}"
        forms.setdefault(post.public_id, []).append(Piece(text=texts[name], html=htmls[name]))
        titles[post.public_id] = post.title
    return {
        public_id: RenderedPost(city=city.slug, title=titles[public_id], forms=tuple(pieces))
        for public_id, pieces in forms.items()
    }


def _check(
    htmls: Mapping[str, Parts], texts: Mapping[str, Parts], cities: tuple[IssueCity, ...]
) -> None:
    """Refuse what could not be spliced: a hole or a second token must never leave the house."""
    wanted = [FRAME]
    for city in cities:
        wanted += [f"city/{city.number}", f"more/{city.number}"]
        wanted += [f"post/{post.number}/{post.form}" for post in city.posts]
    for template, pieces in ((_TEXT, texts), (_HTML, htmls)):
        missing = [name for name in wanted if name not in pieces]
        if missing:
            raise TemplateUnfit(f"{template}: lacks {missing[0]}; see templates/README.md")
        tokens = sum(part.count(UNSUBSCRIBE_MARK) for part in pieces[FRAME])
        if tokens != 1:
            raise TemplateUnfit(f"{template}: {tokens} ways out instead of 1")


def _inlined(html: str) -> str:
    """Move the first style block into the elements.

    Those marked ``data-premailer="ignore"`` stay as they are: inline colours beat the dark rules
    unless these say ``!important``, which premailer would take away.
    """
    # 9 MB that only who makes a digest has to hold: not who pulls.
    from premailer import Premailer  # type: ignore[import-untyped]

    return str(
        Premailer(
            html,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    )
