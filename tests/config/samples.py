"""A small right configuration, and the same with one thing changed."""

from __future__ import annotations

from pathlib import Path

from syndicator.config import Settings, load
from syndicator.errors import ConfigError, Problem

TOML = """\
[network]
names = { fi = "Verkosto", sv = "Nätverket" }
organisation = "Liitto"
base_url = "https://blogit.example/"
id_domain = "blogit.example"
contact_email = "toimitus@blogit.example"
contact_url = "https://blogit.example/yhteys"
time_zone = "Europe/Helsinki"
languages = ["fi", "sv"]

[combined]
title = "Kaikki yhdessä"
descriptions = { fi = "Kaikki", sv = "Allt" }
kinds = ["blog"]

[[city]]
slug = "kivikyla"
code = "001"
names = { fi = "Kivikylä", sv = "Stenby" }

[[source]]
key = "kivikyla-blog"
city = "kivikyla"
kind = "blog"
url = "https://blogi.kivikyla.example/feed/"

[[topic]]
slug = "tyo"
names = { fi = "Työ", sv = "Arbete" }
words = ["työ"]

[[digest]]
cadence = "weekly"
titles = { fi = "Viikko", sv = "Vecka" }
send_on = "monday"
send_at = "07:03"
sender = "kirje@blogit.example"
"""


def write(folder: Path, text: str = TOML) -> Path:
    """Write the file and return its path."""
    path = folder / "feeds.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str = TOML, **environ: str) -> Settings:
    """Return the settings of ``text`` and the variables, given without their prefix."""
    variables = {f"SYNDICATOR_{name}": value for name, value in environ.items()}
    return load({"SYNDICATOR_CONFIG": str(write(folder, text)), **variables})


def problems(folder: Path, text: str = TOML, **environ: str) -> tuple[Problem, ...]:
    """Return the problems of ``text`` and the variables; none if it loads."""
    try:
        loaded(folder, text, **environ)
    except ConfigError as error:
        return error.problems
    return ()


def changed(old: str, new: str) -> str:
    """Return the right file with one thing replaced, which must be there once or more."""
    assert old in TOML
    return TOML.replace(old, new, 1)
