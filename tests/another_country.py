"""The files of an Estonian network, one of whose cities writes in Polish, of three plural forms.

A feeds.toml, a catalogue of each language, and blogs to pull. The catalogues are made here: every
sentence of ours under a mark, a few as people would write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from syndicator import locales
from syndicator.config import Settings, load

LANGUAGES = ("et", "pl", "en")
MARKS = {"et": "Õ·", "pl": "Ł·", "en": ""}

FEEDS = """
[network]
names = { et = "Linnade võrgustik", pl = "Sieć miast", en = "Network of towns" }
organisation = "Eesti Linnade Liit"
base_url = "http://linnad.example"
id_domain = "linnad.example"
contact_email = "toimetus@linnad.example"
contact_url = "https://linnad.example/kontakt"
time_zone = "Europe/Tallinn"
languages = ["et", "pl", "en"]

[combined]
title = "Meie linnad"
descriptions = { et = "Kõik koos.", pl = "Wszystko razem.", en = "All together." }
kinds = ["blog"]

[[city]]
slug = "oisu"
code = "6143"
names = { et = "Õisu" }

[[city]]
slug = "tartu"
code = "8151"
names = { et = "Tartu", pl = "Dorpat" }

[[city]]
slug = "zarja"
code = "9999"
names = { et = "Zarja" }

[[city]]
slug = "suure-jaani"
code = "8023"
names = { et = "Suure-Jaani" }

[[city]]
slug = "voru"
code = "9260"
names = { et = "Võru" }

[[source]]
key = "tartu-blog"
city = "tartu"
kind = "blog"
url = "BLOGS/tartu.xml"

[[source]]
key = "voru-blog"
city = "voru"
kind = "blog"
url = "BLOGS/voru.xml"

[[topic]]
slug = "koolid"
names = { et = "Koolid", pl = "Szkoły", en = "Schools" }
words = ["kool*"]

[[digest]]
cadence = "weekly"
titles = { et = "Nädalakiri", pl = "Przegląd tygodnia", en = "Weekly digest" }
send_on = "monday"
send_at = "07:03"
sender = "kiri@linnad.example"
"""

Words = str | tuple[str, ...]

SAID: Mapping[str, Mapping[str, Words]] = {
    "et": {
        "lang.self.et": "Eesti keeles",
        "post.in.et": "eesti keeles",
        "post.in.pl": "poola keeles",
        "post.in.en": "inglise keeles",
        "week.name": "{week}. nädal {year}",
        "post.count": ("{n} postitus", "{n} postitust"),
        "city.count": ("{n} linn", "{n} linna"),
    },
    "pl": {
        "post.in.et": "po estońsku",
        "post.in.pl": "po polsku",
        "post.in.en": "po angielsku",
        "week.name": "tydzień {week}/{year}",
        "post.count": ("{n} wpis", "{n} wpisy", "{n} wpisów"),
        "city.count": ("{n} miasto", "{n} miasta", "{n} miast"),
    },
    "en": {
        "lang.self.et": "Eesti keeles",
        "lang.self.pl": "Po polsku",
        "post.in.et": "in Estonian",
        "post.in.pl": "in Polish",
        "posts.in.et": "Posts in Estonian",
        "posts.in.pl": "Posts in Polish",
        "filter.in.et": "Estonian",
        "filter.in.pl": "Polish",
    },
}
AUTHORITIES = {
    "a11y.supervisor.1": "You can file a complaint with the supervisory authority.",
    "a11y.supervisor.name": "Tarbijakaitse ja Tehnilise Järelevalve Amet",
    "a11y.supervisor.unit": "Digital accessibility",
    "a11y.supervisor.site": "ttja.ee",
    "a11y.supervisor.mail": "info@ttja.ee",
    "a11y.supervisor.number": "+372 667 2000",
    "gdpr.dpa": "Andmekaitse Inspektsioon",
    "privacy.dpa.address": "Tatari 39, 10134 Tallinn",
    "privacy.dpa.phone": "+372 627 4135",
    "privacy.dpa.mail": "info@aki.ee",
    "fault.date_without_zone": "A date names no time zone. We assumed Estonian time.",
}
"""What ours say of the authorities of Finland: another country has its own."""


def catalogues(templates: Path) -> None:
    """Write what each language says: Estonian and Polish whole, English where it differs."""
    ours = Path(locales.__file__).parent / "en"
    for language in LANGUAGES:
        folder = templates / "locales" / language
        folder.mkdir(parents=True)
        said: Mapping[str, Words] = {**AUTHORITIES, **SAID[language]}
        if language == "en":
            own = Catalog(locale="en")
            for key, words in said.items():
                own.add(key, string=words)
            write(folder / "country.po", own)
            continue
        for path in sorted(ours.glob("*.po")):
            own = Catalog(locale=language)
            for message in read_po(BytesIO(path.read_bytes()), locale="en"):
                if message.id:
                    own.add(*translated(message.id, message.string or "", said, language=language))
            write(folder / path.name, own)
        rest = Catalog(locale=language)
        for key, words in SAID["en"].items():
            rest.add(key, string=said.get(key, f"{MARKS[language]}{words}"))
        write(folder / "languages.po", rest)


def translated(
    key: str | Sequence[str],
    words: str | Sequence[str | None],
    said: Mapping[str, Words],
    *,
    language: str,
) -> tuple[Words, Words]:
    """Return a message in a language: as people say it, or ours under its mark."""
    name, mark = key if isinstance(key, str) else key[0], MARKS[language]
    if isinstance(words, str):
        plain = name in ("words.long", "consent.version")
        return name, said.get(name, words if plain else f"{mark}{words}")
    if name in said:
        return (name, name), said[name]
    one, other = words
    forms = (one, other) if language == "et" else (one, other, other)
    return (name, name), tuple(f"{mark}{form}" for form in forms)


def write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue)


def item(name: str, title: str, text: str, written: str) -> str:
    return (
        f"<item><guid>https://{name}.test/1</guid><link>https://{name}.test/1</link>"
        f"<title>{title}</title><description>{text}</description><pubDate>{written}</pubDate></item>"
    )


BODIES = {
    "/tartu.xml": item(
        "tartu",
        "Uus kool avati Tartus",
        "Linnavolikogu otsustas esmaspäeval ehitada kesklinna uue koolimaja, ja õpilased ootavad "
        "seda juba väga.",
        "2026-11-23 08:30",
    ),
    "/voru.xml": item(
        "voru",
        "Nowa szkoła w mieście",
        "Rada miasta zdecydowała w poniedziałek o budowie nowej szkoły w centrum, a wszyscy "
        "uczniowie bardzo się z tego cieszą.",
        "23.11.2026 10:15",
    ),
}


class Blogs(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Blogi</title>'
            f"<link>https://x.test/</link>{BODIES[self.path]}</channel></rss>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Blogs)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configured(folder: Path, *, port: int = 9) -> Settings:
    """Return the settings of the network as its files say it."""
    text = FEEDS.replace("BLOGS", f"http://127.0.0.1:{port}")
    (folder / "feeds.toml").write_text(text, encoding="utf-8")
    return load(
        {
            "SYNDICATOR_CONFIG": str(folder / "feeds.toml"),
            "SYNDICATOR_DATA": str(folder / "data"),
            "SYNDICATOR_TEMPLATES": str(folder / "templates"),
            "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8",
            "SYNDICATOR_ALLOW_PORTS": str(port),
        }
    )
