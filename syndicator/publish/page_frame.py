"""One way to make any page: a template, a language, a place and facts in, HTML out.

The pages made per request (status, registration, errors) use the same door as the published ones,
so that there is one frame around all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from syndicator.locales import Locale
from syndicator.model import City, Topic, month_and_part
from syndicator.publish.masthead import Form
from syndicator.publish.page_site import Site

_FORM_NAMES = {Form.RSS: "RSS", Form.ATOM: "Atom", Form.JSON: "JSON Feed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """One feed address, for a page's head and for people. ``href`` starts with a slash."""

    href: str
    content_type: str
    form: str
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page stands: ``path`` is under its language's folder, empty for the front page.

    ``feeds`` are its own, beside the combined ones every page names. ``listed`` is False for
    pages that search engines should pass by.
    """

    path: str
    title: str
    feeds: tuple[Feed, ...] = ()
    description: str = ""
    listed: bool = True


def render(site: Site, template: str, *, language: str, place: Place, **facts: object) -> bytes:
    """Return the page ``template`` makes of ``facts``, in ``language``, as UTF-8.

    Raises:
        jinja2.TemplateError: the template is broken or names a fact that was not given.
    """
    speak = site.locales[language]
    page = site.templates.get_template(template).render(
        site=site,
        language=language,
        place=place,
        other_languages=tuple(other for other in site.languages if other != language),
        combined_feeds=feeds(site, prefix="", title=site.combined.title),
        t=speak.text,
        n=speak.count,
        written=Written(site=site, language=language),
        **facts,
    )
    return page.encode()


def feeds(site: Site, *, prefix: str, title: str) -> tuple[Feed, ...]:
    """Return the three feed addresses under ``prefix`` (``city/raahe/``), RSS first."""
    return tuple(
        Feed(
            href=f"{site.prefix}/{prefix}{form.current}",
            content_type=form.media_type,
            form=name,
            title=title,
        )
        for form, name in _FORM_NAMES.items()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """How a template writes dates, names and addresses in its language."""

    site: Site
    language: str

    @property
    def locale(self) -> Locale:
        """The language's own words and habits."""
        return self.site.locales[self.language]

    def href(self, path: str = "", *, language: str | None = None) -> str:
        """Return the address of a page under the language's folder."""
        return f"{self.site.prefix}/{language or self.language}/{path}"

    def file(self, path: str) -> str:
        """Return the address of a document that has no language: a feed, the stylesheet."""
        return f"{self.site.prefix}/{path}"

    def absolute(self, path: str = "", *, language: str | None = None) -> str:
        """Return the whole address of a page, for what leaves the site."""
        return f"{self.site.base_url}/{language or self.language}/{path}"

    def feeds(self, prefix: str, *, title: str) -> tuple[Feed, ...]:
        """Return the three feed addresses under ``prefix`` (``city/raahe/``), RSS first."""
        return feeds(self.site, prefix=prefix, title=title)

    def soft(self, heading: str) -> str:
        """Return a heading of ours with soft hyphens in its longest words: a phone is narrower than
        some of them, and not every browser knows where Finnish words break."""
        for word in self.locale.text("words.long").split():
            heading = heading.replace(word.replace("|", ""), word.replace("|", "\N{SOFT HYPHEN}"))
        return heading

    def local_day(self, at: datetime) -> date:
        """Return the calendar day of ``at`` in the network's time zone."""
        return at.astimezone(self.site.zone).date()

    def day(self, at: datetime) -> str:
        """Return ``24.11.2026``."""
        return self.locale.short_date(self.local_day(at))

    def digits(self, day: date) -> str:
        """Return ``24.11.2026`` in every language: a date as it may be typed into a form."""
        return self.locale.digits(day)

    def short_day(self, day: date) -> str:
        """Return ``24.11.2026`` or ``24 November 2026`` for a day that is local already."""
        return self.locale.short_date(day)

    def full_day(self, day: date) -> str:
        """Return ``tiistai 24. marraskuuta 2026``, to stand after a colon."""
        return self.locale.full_date(day)

    def moment(self, at: datetime) -> str:
        """Return ``24.11.2026 klo 7.05``."""
        return self.locale.moment(at, zone=self.site.zone)

    def machine(self, at: datetime) -> str:
        """Return ``2026-11-24T05:05:00+00:00`` for ``<time>``, which allows no microseconds."""
        return at.isoformat(timespec="seconds")

    def month(self, archive: str) -> str:
        """Return ``marraskuu 2026``, or ``marraskuu 2026, osa 2``."""
        return archive_name(archive, locale=self.locale)

    def number(self, value: int) -> str:
        """Return ``1 234``."""
        return self.locale.number(value)

    def size(self, size_bytes: int) -> str:
        """Return ``70 kt``."""
        return self.locale.size(size_bytes)

    def all_of(self, names: Iterable[str]) -> str:
        """Return ``Raahe, Salo ja Akaa``."""
        return self.locale.list_of(tuple(names))

    def cities(self) -> list[City]:
        """Return the member cities by the alphabet of the page."""
        return sorted(self.site.cities, key=lambda city: self._order(city.name(self.language)))

    def regions(self) -> list[tuple[str, list[City]]]:
        """Return the member cities under their regions, both by the alphabet of the page.

        Those of no known region are last, under an empty name.
        """
        groups: dict[str, list[City]] = {}
        for city in self.cities():
            groups.setdefault(self.region(city), []).append(city)
        return sorted(groups.items(), key=lambda group: (not group[0], self._order(group[0])))

    def region(self, city: City) -> str:
        """Return the region of a city, in the network's first language where it has no name in the
        page's; empty if it is not known."""
        return city.regions.get(self.language) or city.regions.get(self.site.languages[0], "")

    def languages(self) -> str:
        """Return in which languages the pages are: ``suomeksi, ruotsiksi ja englanniksi``."""
        spoken = (self.locale.text(f"post.in.{language}") for language in self.site.languages)
        return self.all_of(spoken)

    def names_of(self, cities: Iterable[str]) -> str:
        """Return the names of cities, by their slugs, in a row; one that left is left out."""
        wanted = frozenset(cities)
        return self.all_of(
            city.name(self.language) for city in self.cities() if city.slug in wanted
        )

    def topics_of(self, topics: Iterable[str]) -> str:
        """Return the names of topics, by their slugs, in a row."""
        wanted = frozenset(topics)
        return self.all_of(
            topic.name(self.language) for topic in self.topics() if topic.slug in wanted
        )

    def topics(self) -> list[Topic]:
        """Return the topics by the alphabet of the page."""
        return sorted(self.site.topics, key=lambda topic: self._order(topic.name(self.language)))

    def _order(self, name: str) -> tuple[str, str]:
        return self.locale.sort_key(name)


def archive_name(archive: str, *, locale: Locale) -> str:
    """Return an archive's name as people say it: ``marraskuu 2026``, ``marraskuu 2026, osa 2``."""
    month, part = month_and_part(archive)
    name = locale.month_name(month)
    if part == 1:
        return name
    return locale.text("archive.part", month=name, part=part)
