"""What no table can know alone: what must be unique, and what must exist elsewhere in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syndicator.config.problems import Place, did_you_mean, quoted
from syndicator.config.words import clock_time, send_hours
from syndicator.errors import Problem

Raw = Sequence[Mapping[str, Any]]
"""Tables as read, before they were checked: a faulty city still is a city others may name."""

_UNIQUE = (
    ("city", "slug"),
    ("city", "code"),
    ("source", "key"),
    ("source", "url"),
    ("topic", "slug"),
    ("digest", "cadence"),
)
_SPOKEN = (
    ("network", "names"),
    ("combined", "descriptions"),
    ("topic", "names"),
    ("digest", "titles"),
)


def duplicates(tables: Mapping[str, Raw], *, file: Place) -> Iterator[Problem]:
    """Yield a problem for each value that stood before where it may stand only once."""
    for name, key in _UNIQUE:
        first: dict[str, int] = {}
        for number, table in enumerate(tables.get(name, ()), start=1):
            value = table.get(key)
            if not isinstance(value, str):
                continue
            before = first.setdefault(_folded(value), number)
            if before != number:
                fact = f"{quoted(value)} stands already in {name}[{before}]; it must be unique"
                yield _place(file, name, number).problem(
                    key, fact, example=f"another {key}, or none of the two [[{name}]]"
                )


def dangling(tables: Mapping[str, Raw], *, file: Place) -> Iterator[Problem]:
    """Yield a problem for each city of a source, and source of a topic, that does not exist."""
    cities = _words(tables, "city", "slug")
    keys = _words(tables, "source", "key")
    for number, source in enumerate(tables.get("source", ()), start=1):
        slug = source.get("city")
        if isinstance(slug, str) and slug not in cities:
            fact = f"no city has the slug {quoted(slug)}{did_you_mean(slug, cities)}"
            yield _place(file, "source", number).problem(
                "city", fact, example=f'city = "{min(cities, default="raahe")}"'
            )
    for number, topic in enumerate(tables.get("topic", ()), start=1):
        for key in _texts(topic.get("sources")):
            if key not in keys:
                fact = f"no source has the key {quoted(key)}{did_you_mean(key, keys)}"
                yield _place(file, "topic", number).problem(
                    "sources", fact, example=f'sources = ["{min(keys, default="raahe-blog")}"]'
                )


def unspoken(tables: Mapping[str, Raw], *, file: Place) -> Iterator[Problem]:
    """Yield a problem for each text of ours that lacks one of the network's languages."""
    named = [key for table in tables.get("network", ()) for key in _texts(table.get("languages"))]
    for name, key in _SPOKEN:
        single = name in ("network", "combined")
        for number, table in enumerate(tables.get(name, ()), start=1):
            texts = table.get(key)
            if not isinstance(texts, Mapping):
                continue
            missing = [language for language in named if language not in texts]
            if missing:
                yield _place(file, name, None if single else number).problem(
                    key,
                    f"lacks {' and '.join(missing)}, which network.languages promises",
                    example=f'{key} = {{ {missing[0]} = "..." }}',
                )
    for number, city in enumerate(tables.get("city", ()), start=1):
        names = city.get("names")
        if not isinstance(names, Mapping) or "languages" in city:
            continue
        if named and named[0] not in names:
            yield _place(file, "city", number).problem(
                "names",
                f"lacks {named[0]}, the network's first language, and languages says no other",
                example=f'languages = ["{min(map(str, names), default="sv")}"]',
            )


def out_of_hours(tables: Mapping[str, Raw], *, file: Place) -> Iterator[Problem]:
    """Yield a problem for each digest whose time lies outside the hours in which mail leaves.

    It would leave late every time, and nobody would know why.
    """
    for mail in tables.get("mail", ()):
        for number, digest in enumerate(tables.get("digest", ()), start=1):
            try:
                hours, at = send_hours(mail.get("send_between")), clock_time(digest.get("send_at"))
            except ValueError:
                continue
            if not hours.hold(at):
                fact = f"{quoted(f'{at:%H:%M}')} lies outside mail.send_between, {hours}"
                yield _place(file, "digest", number).problem(
                    "send_at", fact, example=f'send_at = "{hours.begins:%H:%M}"'
                )


def _place(file: Place, table: str, number: int | None) -> Place:
    return Place(file=file.file, text=file.text, table=table, number=number)


def _folded(value: str) -> str:
    """Return the form in which two addresses of one feed, or two spellings, are the same."""
    address = value.casefold().rstrip("/")
    return address.removeprefix("https://").removeprefix("http://").removeprefix("www.")


def _words(tables: Mapping[str, Raw], name: str, key: str) -> frozenset[str]:
    return frozenset(_texts([table.get(key) for table in tables.get(name, ())]))


def _texts(values: object) -> list[str]:
    listed = values if isinstance(values, list) else []
    return [value for value in listed if isinstance(value, str)]
