"""Which digests there are, and by which name one calls who wrote."""

from __future__ import annotations

from syndicator.config import Settings
from syndicator.digest.order import NameOf
from syndicator.model import Cadence, Origin


def names(settings: Settings) -> NameOf:
    """Return what names the origin of a post: a city of ours in that language, or its source."""
    cities = {city.slug: city for city in settings.cities}

    def name_of(origin: Origin, language: str) -> str:
        city = cities.get(origin.city or "")
        return origin.title if city is None else city.name(language)

    return name_of


def has_digest(settings: Settings, cadence: Cadence) -> bool:
    """Return True if the configuration names a digest of this cadence."""
    return any(plan.cadence is cadence for plan in settings.digests)
