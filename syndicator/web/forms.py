"""The registration form. Labels and messages are keys; the template says them in its language."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import Field, Form, RadioField, SelectField, StringField
from wtforms.validators import ValidationError

from syndicator.model import City, Licence
from syndicator.register.claim import contact_address, feed_address

OTHER_CITY = "other"
"""The choice of a city that is not in the list."""
_LONGEST = 200


class RegistrationForm(Form):
    """What a city gives. After ``validate()`` every field's errors are keys of the catalogue.

    WTForms' own messages (a choice that is none of ours) come in the language asked for.
    """

    city = SelectField("register.city", validate_choice=True)
    other = StringField("register.other")
    url = StringField("register.url")
    contact = StringField("register.contact")
    licence = RadioField(
        "register.licence",
        choices=[
            (one.value, f"licence.{one}") for one in (Licence.EXCERPT, Licence.FULL, Licence.LINK)
        ],
        default=Licence.EXCERPT.value,
    )
    website = StringField("register.trap")

    def validate_city(self, field: Field) -> None:
        """Some city must be named, from the list or in words."""
        if not field.data:
            raise ValidationError("form.city_missing")

    def validate_other(self, field: Field) -> None:
        """A city outside the list needs its name."""
        name = (field.data or "").strip()
        if self.city.data == OTHER_CITY and not name:
            raise ValidationError("form.city_missing")
        if len(name) > _LONGEST:
            raise ValidationError("form.too_long")

    def validate_url(self, field: Field) -> None:
        """The address must be one that a browser could open."""
        if not (field.data or "").strip():
            raise ValidationError("form.url_missing")
        if feed_address(field.data) is None:
            raise ValidationError("form.url_bad")

    def validate_contact(self, field: Field) -> None:
        """The address must have the form of one; whether it exists is learnt by mailing it."""
        if not (field.data or "").strip():
            raise ValidationError("form.email_missing")
        if contact_address(field.data) is None:
            raise ValidationError("form.email_bad")

    def validate_website(self, field: Field) -> None:
        """People do not see this field; programs that fill every field do."""
        if field.data:
            raise ValidationError("form.trap")


def city_choices(
    cities: Sequence[City], *, language: str, choose: str, other: str
) -> list[tuple[str, str]]:
    """Return the list of cities as choices: an empty one first, the one not in the list last."""
    named = [(city.slug, city.name(language)) for city in cities]
    return [("", choose), *named, (OTHER_CITY, other)]
