"""The documents of a channel as artefacts: paths, validators, encodings, and always the same."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from hypothesis import given, settings

from syndicator.model import Channel, Edition, Scope
from syndicator.publish.artefact import compressed, documents, etag_for, face_style, plain
from tests.publish.samples import NOON, a_masthead, a_post, an_edition
from tests.publish.strategies import editions

ROOT = Path(__file__).resolve().parents[2]


def paths(channel: Channel) -> list[str]:
    """Return the paths of a channel's documents."""
    made = documents(an_edition(a_post(), channel=channel), masthead=a_masthead())
    return [document.path for document in made.artefacts]


def test_each_channel_has_its_three_documents_at_stable_addresses() -> None:
    """O5"""
    assert paths(Channel()) == ["feed.xml", "atom.xml", "feed.json"]
    assert paths(Channel(scope=Scope.LANGUAGE, value="sv")) == [
        "sv/feed.xml",
        "sv/atom.xml",
        "sv/feed.json",
    ]
    assert paths(Channel(scope=Scope.CITY, value="raahe"))[0] == "city/raahe/feed.xml"
    assert paths(Channel(scope=Scope.TOPIC, value="osaajat"))[0] == "topic/osaajat/feed.xml"
    assert paths(Channel(scope=Scope.LANGUAGE, value="sv", month="2026-10")) == [
        "sv/archive/2026-10.xml",
        "sv/archive/2026-10.atom.xml",
        "sv/archive/2026-10.json",
    ]


def test_documents_are_sent_as_types_that_browsers_show() -> None:
    """O3: a browser shows the source of application/rss+xml, and no face."""
    made = documents(an_edition(a_post()), masthead=a_masthead()).artefacts

    assert [document.content_type for document in made] == [
        "application/xml; charset=utf-8",
        "application/xml; charset=utf-8",
        "application/feed+json; charset=utf-8",
    ]


def test_a_languages_documents_say_their_language_and_mixed_ones_none() -> None:
    swedish = Channel(scope=Scope.LANGUAGE, value="sv")
    made = documents(an_edition(channel=swedish), masthead=a_masthead()).artefacts
    mixed = documents(an_edition(), masthead=a_masthead()).artefacts

    assert {document.language for document in made} == {"sv"}
    assert {document.language for document in mixed} == {None}


def test_compressed_forms_hold_the_same_bytes_and_brotli_is_for_current_documents() -> None:
    """O3"""
    for made in documents(an_edition(a_post()), masthead=a_masthead()).artefacts:
        assert (made.gz, made.br) == (None, None)
        current, archive = compressed(made, current=True), compressed(made, current=False)
        for document in (current, archive):
            assert document.body == made.body
            assert document.gz
            assert document.gz[4:8] == bytes(4), "gzip would carry the time it was made"
            assert gzip.decompress(document.gz) == made.body
        assert brotli.decompress(current.br or b"") == made.body
        assert archive.br is None


def test_the_validator_is_strong_of_the_content_and_another_for_each_encoding() -> None:
    """O3"""
    one, same, other = (
        plain("x", content_type="text/plain", body=body, modified=NOON)
        for body in (b"a", b"a", b"b")
    )

    assert one.etag == same.etag != other.etag
    assert one.etag.startswith('"')
    tags = {etag_for(one.etag, coding=coding) for coding in (None, "gzip", "br")}
    assert len(tags) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_last_modified_is_the_editions_moment() -> None:
    """O3"""
    made = documents(an_edition(a_post()), masthead=a_masthead()).artefacts

    assert {document.modified for document in made} == {NOON}


@settings(max_examples=25)
@given(editions())
def test_the_same_edition_gives_the_same_bytes(edition: Edition) -> None:
    """Promise 3"""
    masthead = a_masthead(hub="https://hub.example/")

    assert documents(edition, masthead=masthead) == documents(edition, masthead=masthead)


def test_another_process_with_other_hashes_gives_the_same_bytes() -> None:
    """Promise 3"""
    program = (
        "from tests.publish.samples import *\n"
        "from syndicator.publish.artefact import compressed, documents\n"
        "edition = an_edition(*[a_post(n, content_html='<p>x</p>') for n in range(1, 9)])\n"
        "plain = documents(edition, masthead=a_masthead()).artefacts\n"
        "made = [compressed(one, current=True) for one in plain]\n"
        "print([(a.etag, a.gz.hex(), a.br.hex()) for a in made])\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"))
    }

    assert len(seen) == 1


def test_the_look_of_feeds_is_published_where_the_feeds_look_for_it() -> None:
    """O3: the stylesheet is named relative to the document, so that it holds in a folder too."""
    style = (ROOT / "templates" / "site" / "feed.css").read_bytes()
    city = an_edition(channel=Channel(scope=Scope.CITY, value="raahe"))
    rss, atom, _ = documents(city, masthead=a_masthead()).artefacts

    assert face_style(style, modified=NOON).path == "feed.css"
    assert b'<?xml-stylesheet type="text/css" href="../../feed.css"?>' in rss.body
    assert b'<?xml-stylesheet type="text/css" href="../../feed.css"?>' in atom.body
