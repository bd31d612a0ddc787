"""What the rest of the program may know of its configuration: frozen values, already checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from zoneinfo import ZoneInfo

from syndicator.locales import Locales
from syndicator.model import (
    Cadence,
    City,
    Declaration,
    Kind,
    Rhythm,
    Topic,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """Whose feeds these are. ``base_url`` has no trailing slash.

    ``id_domain`` is part of every id we publish, so it never changes once the first reader has
    seen one, not even when ``base_url`` does.
    """

    names: Mapping[str, str]
    base_url: str
    id_domain: str
    contact_email: str
    contact_url: str
    organisation: str
    time_zone: str
    languages: tuple[str, ...]
    hub: str | None = None

    def name(self, language: str) -> str:
        """Return the network's name in ``language``, or in its first language."""
        return self.names.get(language) or self.names[self.languages[0]]

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the network lives by."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Combined:
    """The one feed we republish: ``size`` newest posts of sources of these ``kinds``."""

    title: str
    descriptions: Mapping[str, str]
    kinds: frozenset[Kind]
    size: int = 50

    def description(self, language: str) -> str:
        """Return the description in ``language``; the file gives one for each language."""
        return self.descriptions[language]


class SendDay(StrEnum):
    """The local day a digest leaves: a weekday each week, or a month's first Monday to Friday."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    FIRST_WEEKDAY = "first weekday"

    @property
    def weekday(self) -> int | None:
        """Monday is 0, as ``date.weekday()`` counts; ``None`` for the first weekday of a month."""
        return None if self is SendDay.FIRST_WEEKDAY else list(SendDay).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestPlan:
    """One digest: how often and when it leaves, in the network's local time, and from whom.

    ``send_on`` is a weekday for the weekly cadence and ``FIRST_WEEKDAY`` for the monthly one;
    ``zone`` is the network's.
    """

    cadence: Cadence
    titles: Mapping[str, str]
    send_on: SendDay
    send_at: time
    sender: str
    zone: ZoneInfo

    @property
    def rhythm(self) -> Rhythm:
        """On which days it goes out, and at which moment of them."""
        return Rhythm(
            cadence=self.cadence,
            weekday=self.send_on.weekday or 0,
            send_at=self.send_at,
            zone=self.zone,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SendHours:
    """Hours of a day by the wall clock; they may go over midnight, and never are a whole day."""

    begins: time
    ends: time

    @property
    def over_midnight(self) -> bool:
        """True if they end on the day after the one they begin on."""
        return self.ends < self.begins

    def hold(self, wall: time) -> bool:
        """Return True if the clock shows one of these hours; the last minute is not in them."""
        if self.over_midnight:
            return wall >= self.begins or wall < self.ends
        return self.begins <= wall < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MailPlan:
    """How mail leaves and comes back, whichever digest it carries.

    Args:
        editors: who sees an issue before it goes; empty means the network's contact.
        bounces: where reports come back, one address a delivery (``bounces+12.ab@``); ``None`` is
            the digest's own sender, without telling deliveries apart.
        sends_by_itself: an issue nobody looked at goes out at its time. Off until switched on.
        late: how long after its slot an issue may still be sent; then it is skipped and said.
        send_between: the hours in which newsletters leave, in the network's local time; ``None``
            is at any hour. Emails to one person are not bound by it.
        most_of_a_city: how many posts of one city an issue tells in full; the rest is counted.
        per_minute: messages the relay takes in a minute, from all issues together.
        per_domain: messages to one receiving domain in a minute; ``None`` is no limit.
        domains: the same for domains by their names, in small ASCII letters.
        connections: connections to the relay at once, for each issue on its way.
        per_connection: messages on one connection before a new one is opened.
        resends_uncertain: a message that may or may not have arrived is sent again, under the same
            Message-ID; otherwise it waits for a person.
        keeps_evidence: how long consent is kept on record after somebody left.
        confirmations_per_hour: emails to addresses that nobody confirmed yet, from all forms and
            networks together; beyond it the pages answer as ever, and none is sent.
        form_origins: sites that may hold our sign-up form (``https://www.raahe.fi``).
    """

    editors: tuple[str, ...] = ()
    bounces: str | None = None
    sends_by_itself: bool = False
    late: timedelta = timedelta(hours=48)
    send_between: SendHours | None = None
    most_of_a_city: int = 10
    per_minute: int = 600
    per_domain: int | None = None
    domains: Mapping[str, int] = field(default_factory=dict)
    connections: int = 2
    per_connection: int = 100
    resends_uncertain: bool = True
    keeps_evidence: timedelta = timedelta(days=730)
    confirmations_per_hour: int = 500
    form_origins: tuple[str, ...] = ()


_ASKED = (
    "data_protection",
    "processors",
    "outside_eea",
    "logs_days",
    "backups_days",
    "since",
    "updated",
)


class AccessibilityLevel(StrEnum):
    """How far a service meets the criteria (Commission decision 2018/1523)."""

    FULLY = "fully"
    MOSTLY = "mostly"
    PARTLY = "partly"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statements:
    """What only the organisation knows of its privacy notice and accessibility statement.

    Args:
        data_protection: the address of its data protection officer.
        processors: who processes personal data for it, and what for, one line each; empty says
            that nobody does, ``None`` nothing.
        outside_eea: where personal data goes outside the EU and EEA, and under which safeguard, one
            line each; empty says that none does, ``None`` nothing.
        logs_days: how long logs with network addresses are kept, those of servers in front too.
        backups_days: how old the oldest backup gets: what is erased lives on in it.
        level: how far the service meets what the law asks of accessibility.
        assessor: who assessed that; ``None`` is the organisation itself.
        since: when the accessibility statement was made.
        updated: when the statement and the notice were last looked over.
    """

    data_protection: str | None = None
    processors: tuple[str, ...] | None = None
    outside_eea: tuple[str, ...] | None = None
    logs_days: int | None = None
    backups_days: int | None = None
    level: AccessibilityLevel = AccessibilityLevel.MOSTLY
    assessor: str | None = None
    since: date | None = None
    updated: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys without which notice and statement lack what the law asks of them."""
        return tuple(key for key in _ASKED if getattr(self, key) is None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Where and how this copy of the program runs, from the environment.

    ``allow_networks`` and ``allow_ports`` are what the address guard also lets through; empty
    means public addresses on ports 80 and 443 only.
    """

    config_path: Path
    data_dir: Path
    database_url: str
    base_url: str
    listen_host: str = "127.0.0.1"
    listen_port: int = 8000
    smtp_url: str | None = None
    smtp_standby_url: str | None = None
    imap_url: str | None = None
    dkim_key: Path | None = None
    dkim_selector: str | None = None
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    allow_ports: frozenset[int] = frozenset()
    heartbeat_url: str | None = None
    templates_dir: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything configured. References hold: a declaration's city and a topic's sources exist.

    Slugs of cities and topics, codes of cities, keys and addresses of declarations and cadences
    of digests are each unique. The order is the file's. ``locales`` have all that is said in each
    of the network's languages.
    """

    network: Network
    combined: Combined
    cities: tuple[City, ...]
    declarations: tuple[Declaration, ...]
    topics: tuple[Topic, ...]
    digests: tuple[DigestPlan, ...]
    deployment: Deployment
    locales: Locales
    mail: MailPlan = MailPlan()
    statements: Statements = Statements()

    def digest(self, cadence: Cadence) -> DigestPlan | None:
        """Return the digest of a cadence; ``None`` if the file names none, or no longer."""
        return next((plan for plan in self.digests if plan.cadence is cadence), None)

    def required_digest(self, cadence: Cadence) -> DigestPlan:
        """Return the digest of a cadence.

        Raises:
            LookupError: the file names none, or no longer.
        """
        plan = self.digest(cadence)
        if plan is None:
            raise LookupError(f"no digest is {cadence}")
        return plan
