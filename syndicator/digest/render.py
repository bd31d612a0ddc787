"""A mail in one language from a frozen issue. The only door to premailer.

Styles are inlined once a language, never once a reader: it costs 30 ms. The reader's own way out
stands as a mark in both parts and is put in when the message is built.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from jinja2 import Environment
from premailer import Premailer  # type: ignore[import-untyped]

from syndicator.locales import long_date, month_name, translator, week_name
from syndicator.model import Cadence, Issue, Mail, Post

UNSUBSCRIBE_MARK = "https://unsubscribe.invalid/"
"""Stands where a reader's own way out goes; premailer leaves a plain address as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letterhead:
    """What every mail of a digest carries, whatever its issue.

    ``titles`` are the digest's names by language; ``city_name`` takes a slug and a language.
    """

    network: str
    base_url: str
    titles: Mapping[str, str]
    city_name: Callable[[str, str], str]
    zone: ZoneInfo


def mail(issue: Issue, *, language: str, head: Letterhead, templates: Environment) -> Mail:
    """Return the issue as readers of ``language`` get it, styles inlined.

    Raises:
        jinja2.UndefinedError: a template names something that is not there.
    """
    facts = {
        "issue": issue,
        "language": language,
        "head": head,
        "title": head.titles[language],
        "period": period_name(issue, language=language),
        "t": translator(language),
        "unsubscribe_url": UNSUBSCRIBE_MARK,
        "origin": lambda post: _origin(post, language, head),
        "day": lambda moment: long_date(moment.astimezone(head.zone).date(), language=language),
    }
    html = templates.get_template("digest/body.html").render(facts)
    return Mail(
        language=language,
        subject=_one_line(templates.get_template("digest/subject.txt").render(facts)),
        text=templates.get_template("digest/body.txt").render(facts),
        html=_inlined(html),
    )


def period_name(issue: Issue, *, language: str) -> str:
    """Return what the issue tells of, in words: ``viikko 47/2026``, ``marraskuu 2026``."""
    if issue.cadence is Cadence.MONTHLY:
        return month_name(issue.period, language=language)
    year, _, week = issue.period.partition("-W")
    return week_name(date.fromisocalendar(int(year), int(week), 1), language=language)


def _origin(post: Post, language: str, head: Letterhead) -> str:
    """Name who wrote: the city in the reader's language, or the source's own title."""
    if post.origin.city is None:
        return post.origin.title
    return head.city_name(post.origin.city, language)


def _one_line(text: str) -> str:
    """No newline from a feed ever reaches a header (E1)."""
    return " ".join(text.split())


def _inlined(html: str) -> str:
    return str(
        Premailer(
            html,
            allow_network=False,
            keep_style_tags=True,
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    )
