"""From marked channels to documents: in parts, compressed, and only what reads differently."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.model import Artefact, Channel, Edition, Source
from syndicator.pipeline.feeds.publish import publish
from syndicator.store.feeds import artefacts
from syndicator.store.feeds.months import PART
from tests.builders import NOW, an_entry
from tests.pipeline.world import Scene, Titles, scene
from tests.store.stored import apply, new


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def grown(here: Scene, count: int) -> None:
    told = [new(an_entry(f"?p={n}"), recency=NOW - timedelta(seconds=n)) for n in range(count)]
    apply(here.world.database, here.source(), new=tuple(told))


def stored(here: Scene) -> dict[str, Artefact]:
    with here.world.database.read() as tx:
        return {artefact.path: artefact for artefact in artefacts.iter_all(tx)}


def test_a_month_is_published_part_by_part_and_a_part_that_is_no_more_is_taken_away(
    here: Scene,
) -> None:
    grown(here, PART + 1)
    assert {"2026-11.txt", "2026-11-2.txt", "fi/2026-11-2.txt"} <= set(publish(here.publisher))
    assert stored(here)["2026-11.txt"].body.count(b"\n") == PART - 1

    apply(here.world.database, here.source(), missed=(1, 2), deleted=(1, 2))
    assert "2026-11-2.txt" in publish(here.publisher)

    assert "2026-11.txt" in stored(here)
    assert not [path for path in stored(here) if path.endswith("-2.txt")]
    assert publish(here.publisher) == ()


def test_what_is_published_is_compressed_and_an_archive_has_no_brotli(here: Scene) -> None:
    """O3"""
    grown(here, 3)
    publish(here.publisher)
    current, archive = stored(here)["titles.txt"], stored(here)["2026-11.txt"]

    for document in (current, archive):
        assert gzip.decompress(document.gz or b"") == document.body
    assert current.br
    assert archive.br is None


def test_what_reads_the_same_keeps_its_forms_and_what_differs_gets_new_ones(here: Scene) -> None:
    grown(here, 1)
    publish(here.publisher)
    before = stored(here)

    class AsPages(Titles):
        def make(self, edition: Edition, sources: Sequence[Source]) -> Sequence[Artefact]:
            documents = super().make(edition, sources)
            if edition.channel.month:
                return documents
            return [replace(documents[0], content_type="text/html")]

    with here.world.database.write() as tx:
        artefacts.mark(tx, [Channel(), Channel(month="2026-11")])
    assert publish(replace(here.publisher, builder=AsPages())) == ("titles.txt",)

    after = stored(here)
    assert after["2026-11.txt"] == before["2026-11.txt"]
    assert after["titles.txt"].gz


def test_sources_are_read_once_for_all_documents(here: Scene) -> None:
    """375 sources for each of 3,000 documents took two fifths of a first publication."""
    grown(here, 2)
    given: list[object] = []

    class Watched(Titles):
        def make(self, edition: Edition, sources: Sequence[Source]) -> Sequence[Artefact]:
            given.append(sources)
            return super().make(edition, sources)

    publish(replace(here.publisher, builder=Watched()))

    assert len(given) > 3
    assert all(sources is given[0] for sources in given)
