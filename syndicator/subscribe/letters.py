"""A letter in words: what somebody asked for on a form, and nothing they typed there (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment

from syndicator.locales import translator
from syndicator.model import EmailKind, Letter, Mail
from syndicator.subscribe.links import LASTS, Links

PAGES = {
    EmailKind.CONFIRM: "confirm",
    EmailKind.LINK: "preferences",
    EmailKind.NEW_ADDRESS: "address",
    EmailKind.LEFT: "preferences",
}
"""The page whose address, with a token, stands in a letter of each kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailMeta:
    """What every letter carries. ``names`` are the network's by language; no trailing slash."""

    title: str
    names: Mapping[str, str]
    organisation: str
    contact: str
    base_url: str


def mail(letter: Letter, *, stationery: EmailMeta, links: Links, templates: Environment) -> Mail:
    """Return the letter as its reader gets it, in their language, with a link only they get.

    Nothing in it comes from a form but the language: whoever types a stranger's address cannot
    write to them by our hand.

    Raises:
        jinja2.UndefinedError: a template names something that is not there.
    """
    language, kind = letter.language, letter.kind
    facts = {
        "language": language,
        "kind": kind.value,
        "t": translator(language),
        "head": stationery,
        "name": stationery.names[language],
        "days": LASTS[kind].days,
        "url": f"{stationery.base_url}/{language}/{PAGES[kind]}/{links.token(letter)}",
        "privacy_url": f"{stationery.base_url}/{language}/privacy/",
    }

    def part(name: str) -> str:
        return templates.get_template(f"letters/{kind}/{name}").render(facts)

    return Mail(
        language=language,
        subject=" ".join(part("subject.txt").split()),
        text=part("body.txt"),
        html=part("body.html"),
    )
