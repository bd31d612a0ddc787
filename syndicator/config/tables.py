"""The tables of feeds.toml: which keys each has, what they may hold, and an example of each.

A table that passes gives its noun of the trade by ``to_model()``. What one table cannot know, such
as whether its city exists, is checked in ``references``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from syndicator.config.problems import quoted
from syndicator.config.settings import (
    AccessibilityLevel,
    Combined,
    DigestPlan,
    MailPlan,
    Network,
    SendDay,
    Statements,
)
from syndicator.config.words import (
    ClockTime,
    Code,
    Day,
    Domain,
    Hours,
    Language,
    Line,
    MailAddress,
    PathPrefix,
    SiteRoot,
    Slug,
    WebAddress,
    Zone,
)
from syndicator.model import Cadence, City, Declaration, Kind, Licence, Topic

PerMinute = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
"""Messages a minute."""

Texts = dict[Language, Line]
"""The same words by language: ``{ fi = "...", sv = "..." }``."""

_NAMES = '{ fi = "...", sv = "...", en = "..." }'


def _key(example: str, **rules: Any) -> Any:
    """Return a pydantic field that knows how its key is written in the file."""
    return Field(examples=[example], **rules)


class Table(BaseModel):
    """What all tables share: an unknown key is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class NetworkTable(Table):
    """``[network]``"""

    names: Texts = _key(_NAMES)
    organisation: Line = _key('"Kuntaliitto"')
    base_url: SiteRoot = _key('"https://blogs.example.org"')
    id_domain: Domain = _key('"blogs.example.org"')
    contact_email: MailAddress = _key('"editors@example.org"')
    contact_url: WebAddress = _key('"https://example.org/contact"')
    time_zone: Zone = _key('"Europe/Helsinki"')
    languages: tuple[Language, ...] = _key('["fi", "sv", "en"]', min_length=1)
    hub: WebAddress | None = _key('"https://hub.example.org/"', default=None)

    @field_validator("languages")
    @classmethod
    def _once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        """Whether there are words in them is for the catalogues to say."""
        if len(set(values)) < len(values):
            raise ValueError("names a language twice")
        return values

    def to_model(self) -> Network:
        """Return the network."""
        return Network(**dict(self))


class CombinedTable(Table):
    """``[combined]``"""

    title: Line = _key('"Sujuvan elämän seutukaupungit"')
    descriptions: Texts = _key(_NAMES)
    size: Annotated[StrictInt, Field(ge=1, le=500)] = _key("50", default=50)
    kinds: frozenset[Kind] = _key('["blog", "news"]', min_length=1)

    def to_model(self) -> Combined:
        """Return the combined feed."""
        return Combined(**dict(self))


class CityTable(Table):
    """``[[city]]``"""

    slug: Slug = _key('"raahe"')
    code: Code = _key('"678"')
    names: Texts = _key('{ fi = "Raahe", sv = "Brahestad" }')
    forms: dict[Language, dict[str, Line]] = _key(
        '{ fi = { genitive = "Raahen", locative = "Raahessa" } }', default={}
    )
    region: Texts = _key('{ fi = "Pohjois-Pohjanmaa", sv = "Norra Österbotten" }', default={})
    languages: tuple[Language, ...] = _key('["fi"]', default=())
    website: WebAddress | None = _key('"https://www.raahe.fi/"', default=None)

    @field_validator("languages")
    @classmethod
    def _named(cls, values: tuple[str, ...], table: ValidationInfo) -> tuple[str, ...]:
        """Where a translation is missing, a city is called by its name in its own language."""
        if values and values[0] not in table.data.get("names", values):
            raise ValueError(f"begins with {values[0]}, in which names has no name")
        return values

    def to_model(self, main: str) -> City:
        """Return the city; ``main`` is the network's first language, its own where it says none."""
        return City(
            slug=self.slug,
            code=self.code,
            names=self.names,
            forms=self.forms,
            regions=self.region,
            languages=self.languages or (main,),
            website=self.website,
        )


class SourceTable(Table):
    """``[[source]]``"""

    key: Slug = _key('"raahe-blog"')
    url: WebAddress = _key('"https://blogi.example.fi/feed/"')
    city: Slug | None = _key('"raahe"', default=None)
    kind: Kind = _key('"blog"')
    licence: Licence = _key('"excerpt"', default=Licence.EXCERPT)
    language: Language | None = _key('"fi"', default=None)
    title: Line | None = _key('"Raahen blogi"', default=None)
    categories: tuple[Line, ...] = _key('["Blogi"]', default=())
    paths: tuple[PathPrefix, ...] = _key('["/blogi/"]', default=())

    def to_model(self) -> Declaration:
        """Return the declaration."""
        fields = dict(self)
        return Declaration(path_prefixes=fields.pop("paths"), **fields)


class TopicTable(Table):
    """``[[topic]]``"""

    slug: Slug = _key('"osaajat"')
    names: Texts = _key(_NAMES)
    categories: tuple[Line, ...] = _key('["Rekrytointi"]', default=())
    words: tuple[Line, ...] = _key('["osaaja"]', default=())
    sources: tuple[Slug, ...] = _key('["raahe-blog"]', default=())

    @field_validator("sources")
    @classmethod
    def _filters(cls, values: tuple[str, ...], table: ValidationInfo) -> tuple[str, ...]:
        """A topic without any filter would stay empty for ever, and nobody would know why."""
        if not values and table.data.get("categories") == table.data.get("words") == ():
            raise ValueError("is empty, and so are categories and words: nothing can belong")
        return values

    def to_model(self) -> Topic:
        """Return the topic."""
        return Topic(**dict(self))


class DigestTable(Table):
    """``[[digest]]``"""

    cadence: Cadence = _key('"weekly"')
    titles: Texts = _key(_NAMES)
    send_on: SendDay = _key('"monday"')
    send_at: ClockTime = _key('"07:03"')
    sender: MailAddress = _key('"uutiskirje@example.org"')

    @field_validator("send_on")
    @classmethod
    def _day_of_cadence(cls, value: SendDay, table: ValidationInfo) -> SendDay:
        """A weekday says nothing about a month, and a month's first weekday nothing of a week."""
        cadence = table.data.get("cadence")
        if cadence is Cadence.MONTHLY and value is not SendDay.FIRST_WEEKDAY:
            raise ValueError(f'{quoted(value)} must be "first weekday" in a monthly digest')
        if cadence is Cadence.WEEKLY and value is SendDay.FIRST_WEEKDAY:
            raise ValueError(f"{quoted(value)} must be a day such as monday in a weekly digest")
        return value

    def to_model(self, zone: ZoneInfo) -> DigestPlan:
        """Return the plan of the digest, by the wall clock of ``zone``."""
        return DigestPlan(**dict(self), zone=zone)


class MailTable(Table):
    """``[mail]``"""

    editors: tuple[MailAddress, ...] = _key('["editor@example.org"]', default=())
    bounces: MailAddress | None = _key('"bounces@example.org"', default=None)
    sends_by_itself: StrictBool = _key("false", default=False)
    late_hours: Annotated[StrictInt, Field(ge=1, le=144)] = _key("48", default=48)
    send_between: Hours | None = _key('"07:00-20:00"', default=None)
    most_of_a_city: Annotated[StrictInt, Field(ge=1, le=100)] = _key("10", default=10)
    per_minute: PerMinute = _key("600", default=600)
    per_domain: PerMinute | None = _key("120", default=None)
    domains: dict[Domain, PerMinute] = _key('{ "gmail.com" = 60 }', default={})
    connections: Annotated[StrictInt, Field(ge=1, le=50)] = _key("2", default=2)
    per_connection: Annotated[StrictInt, Field(ge=1, le=100_000)] = _key("100", default=100)
    resends_uncertain: StrictBool = _key("true", default=True)
    keeps_evidence_days: Annotated[StrictInt, Field(ge=0, le=3_650)] = _key("730", default=730)
    confirmations_per_hour: Annotated[StrictInt, Field(ge=1, le=100_000)] = _key("500", default=500)
    form_origins: tuple[SiteRoot, ...] = _key('["https://www.example.org"]', default=())

    def to_model(self) -> MailPlan:
        """Return the plan of all mail."""
        values = dict(self)
        late = timedelta(hours=values.pop("late_hours"))
        evidence = timedelta(days=values.pop("keeps_evidence_days"))
        return MailPlan(late=late, keeps_evidence=evidence, **values)


class StatementsTable(Table):
    """``[statements]``"""

    data_protection: MailAddress | None = _key('"privacy@example.org"', default=None)
    processors: tuple[Line, ...] | None = _key('["Esimerkki Oy: palvelimet"]', default=None)
    outside_eea: tuple[Line, ...] | None = _key("[]", default=None)
    logs_days: Annotated[StrictInt, Field(ge=0, le=3_650)] | None = _key("90", default=None)
    backups_days: Annotated[StrictInt, Field(ge=0, le=730)] | None = _key("30", default=None)
    level: AccessibilityLevel = _key('"mostly"', default=AccessibilityLevel.MOSTLY)
    assessor: Line | None = _key('"Esimerkki Oy"', default=None)
    since: Day | None = _key("2026-11-24", default=None)
    updated: Day | None = _key("2026-11-24", default=None)

    def to_model(self) -> Statements:
        """Return the statements."""
        return Statements(**dict(self))


SINGLE: dict[
    str, type[NetworkTable] | type[CombinedTable] | type[MailTable] | type[StatementsTable]
] = {
    "network": NetworkTable,
    "combined": CombinedTable,
    "mail": MailTable,
    "statements": StatementsTable,
}
"""The tables a file has at most one of."""

OPTIONAL = frozenset({"mail", "statements"})
"""The single tables that may be left out."""

ListName = Literal["city", "source", "topic", "digest"]
LISTS: dict[ListName, type[CityTable] | type[SourceTable] | type[TopicTable] | type[DigestTable]]
LISTS = {"city": CityTable, "source": SourceTable, "topic": TopicTable, "digest": DigestTable}
"""The tables a file has any number of."""
