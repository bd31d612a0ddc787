"""What subscribers fill in. Labels and messages are keys of the catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from wtforms import Field, Form, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from syndicator.locales import Locale
from syndicator.model import Cadence, Selection
from syndicator.publish.page_site import Site
from syndicator.subscribe.address import NotAnAddress, normalised
from syndicator.web.forms import must_be_empty

LONGEST_PAUSE = timedelta(days=366)

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What there is to choose from, as slugs; ``gone`` is what of it left the network."""

    languages: tuple[str, ...]
    cadences: tuple[Cadence, ...]
    cities: frozenset[str]
    topics: frozenset[str]
    gone_cities: tuple[str, ...] = ()
    gone_topics: tuple[str, ...] = ()


def offer_of(site: Site, *, chosen: Selection | None = None) -> Offer:
    """Return what the network offers its subscribers.

    What a subscriber chose before it left the network stays on offer to them: taken away unseen,
    the last city of a selection would make it every city.
    """
    cities = frozenset(site.cities_by_slug)
    topics = frozenset(topic.slug for topic in site.topics)
    return Offer(
        languages=site.languages,
        cadences=site.cadences,
        cities=cities | chosen.cities if chosen else cities,
        topics=topics | chosen.topics if chosen else topics,
        gone_cities=tuple(sorted(chosen.cities - cities)) if chosen else (),
        gone_topics=tuple(sorted(chosen.topics - topics)) if chosen else (),
    )


class SelectionForm(Form):
    """What the newsletter is to hold. ``offer`` is to be set before validating.

    Nothing is chosen beforehand that a person would then get more of than they asked for.
    """

    offer: Offer

    language = StringField("people.language")
    cadence = StringField("people.cadence")
    cities = SelectMultipleField("people.cities", choices=[], validate_choice=False)
    topics = SelectMultipleField("people.topics", choices=[], validate_choice=False)

    def validate_language(self, field: Field) -> None:
        """One of ours must be chosen."""
        if field.data not in self.offer.languages:
            raise ValidationError("form.language_missing")

    def validate_cadence(self, field: Field) -> None:
        """One that the network sends must be chosen."""
        if field.data not in self.offer.cadences:
            raise ValidationError("form.cadence_missing")

    def validate_cities(self, field: Field) -> None:
        """None, or members."""
        if not self.offer.cities.issuperset(field.data or ()):
            raise ValidationError("form.choice_bad")

    def validate_topics(self, field: Field) -> None:
        """None, or what there is."""
        if not self.offer.topics.issuperset(field.data or ()):
            raise ValidationError("form.choice_bad")

    @property
    def selection(self) -> Selection:
        """What was chosen; only after ``validate()`` said yes."""
        return Selection(
            language=str(self.language.data),
            cadence=Cadence(str(self.cadence.data)),
            cities=frozenset(self.cities.data or ()),
            topics=frozenset(self.topics.data or ()),
        )


def _is_an_address(_: Form, field: Field) -> None:
    if not (field.data or "").strip():
        raise ValidationError("form.email_missing")
    try:
        normalised(field.data)
    except NotAnAddress:
        raise ValidationError("form.email_bad") from None


class AddressForm(Form):
    """An address alone, and the field that only programs fill."""

    email = StringField("people.email", [_is_an_address])
    website = StringField("form.trap.label", [must_be_empty])

    @property
    def address(self) -> str:
        """The address in its one spelling; only after ``validate()`` said yes."""
        return normalised(str(self.email.data))


class SignUpForm(AddressForm, SelectionForm):
    """What a new subscriber gives: nothing but this (S1)."""


class NewAddressForm(Form):
    """Where the newsletter is to go from now on."""

    email = StringField("prefs.move.label", [_is_an_address])

    @property
    def address(self) -> str:
        """The address in its one spelling; only after ``validate()`` said yes."""
        return normalised(str(self.email.data))


class PauseForm(Form):
    """Until when no newsletter is wanted.

    ``today`` and ``locale`` are to be set before validating.
    """

    today: date
    locale: Locale

    until = StringField("prefs.pause.until")

    def validate_until(self, field: Field) -> None:
        """A day to come, and not so far that the pause would be forgotten."""
        if not (field.data or "").strip():
            raise ValidationError("form.date_missing")
        day = day_of(field.data, locale=self.locale)
        if day is None or not self.today < day <= self.today + LONGEST_PAUSE:
            raise ValidationError("form.date_bad")


def day_of(typed: str, *, locale: Locale) -> date | None:
    """Return the day of ``2026-12-24``, as date fields send it, or of ``24.12.2026``, as people
    write it where a browser has no such field; ``None`` if it is neither."""
    iso = _ISO.fullmatch(typed.strip())
    if iso is None:
        return locale.read_digits(typed)
    year, month, day = (int(part) for part in iso.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
