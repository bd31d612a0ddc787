"""What a city fills in. Labels and messages are keys; the template says them in its language."""

from __future__ import annotations

from wtforms import Field, Form, StringField
from wtforms.validators import ValidationError

from syndicator.model import Licence
from syndicator.register.claim import contact_address, feed_address
from syndicator.web.forms import must_be_empty

OTHER_CITY = "other"
"""The choice of a city that is not in the list."""
_LONGEST_NAME = 200


class RegistrationForm(Form):
    """What a city gives. After ``validate()`` every field's errors are keys of the catalogue.

    ``members`` are the slugs to choose from, to be set before validating. The licence has no choice
    made beforehand: a grant is what somebody chose, not what nobody changed.
    """

    members: frozenset[str] = frozenset()
    licences = (Licence.EXCERPT.value, Licence.FULL.value, Licence.LINK.value)

    city = StringField("register.city")
    other = StringField("register.other")
    url = StringField("register.url")
    contact = StringField("register.contact")
    licence = StringField("register.licence")
    website = StringField("form.trap.label", [must_be_empty])

    def validate_city(self, field: Field) -> None:
        """Some city must be named, from the list or in words."""
        if field.data != OTHER_CITY and field.data not in self.members:
            raise ValidationError("form.city_missing")

    def validate_other(self, field: Field) -> None:
        """A city outside the list needs its name."""
        name = (field.data or "").strip()
        if self.city.data == OTHER_CITY and not name:
            raise ValidationError("form.city_missing")
        if len(name) > _LONGEST_NAME:
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

    def validate_licence(self, field: Field) -> None:
        """One of the three must be chosen."""
        if field.data not in self.licences:
            raise ValidationError("form.licence_missing")
