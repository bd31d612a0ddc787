"""By which name a digest calls who wrote."""

from __future__ import annotations

from syndicator.config import Settings
from syndicator.digest.order import NameOf
from syndicator.model import Origin


def names(settings: Settings) -> NameOf:
    """Return what names the origin of a post: a city of ours in that language, or its source."""
    cities = {city.slug: city for city in settings.cities}

    def name_of(origin: Origin, language: str) -> str:
        city = cities.get(origin.city or "")
        return origin.title if city is None else city.name(language)

    return name_of
