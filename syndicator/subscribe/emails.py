"""An email in words: what somebody asked for on a form, and nothing they typed there (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jinja2 import Environment

from syndicator.locales import Locales
from syndicator.model import EmailKind, Mail, TransactionalEmail
from syndicator.subscribe.email_tokens import LASTS, EmailTokens

PAGES = {
    EmailKind.CONFIRM: "confirm",
    EmailKind.LINK: "preferences",
    EmailKind.NEW_ADDRESS: "address",
    EmailKind.LEFT: "preferences",
    EmailKind.MOVED: "subscribe",
}
"""The page whose address stands in an email of each kind; those that last have a token in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailMeta:
    """What every email carries. ``names`` are the network's by language; no trailing slash.

    ``zone`` is by whose clock an email says when something was.
    """

    title: str
    names: Mapping[str, str]
    organisation: str
    contact: str
    base_url: str
    zone: ZoneInfo
    locales: Locales


def mail(
    email: TransactionalEmail, *, meta: EmailMeta, tokens: EmailTokens, templates: Environment
) -> Mail:
    """Return the email as its reader gets it, in their language, with a link only they get.

    An email that says what was done has a link that anybody may have.

    Nothing in it comes from a form but the language: whoever types a stranger's address cannot
    write to them by our hand.

    Raises:
        jinja2.UndefinedError: a template names something that is not there.
    """
    language, kind = email.language, email.kind
    locale = meta.locales[language]
    lasts = LASTS.get(kind)
    key = f"/{tokens.sign(email)}" if lasts else ""
    facts = {
        "language": language,
        "kind": kind.value,
        "t": locale,
        "head": meta,
        "name": meta.names[language],
        "days": lasts.days if lasts else None,
        "when": locale.moment(email.at, zone=meta.zone),
        "url": f"{meta.base_url}/{language}/{PAGES[kind]}{key}",
        "privacy_url": f"{meta.base_url}/{language}/privacy/",
    }

    def part(name: str) -> str:
        return templates.get_template(f"email/{kind}/{name}").render(facts)

    return Mail(
        language=language,
        subject=" ".join(part("subject.txt").split()),
        text=part("body.txt"),
        html=part("body.html"),
    )
