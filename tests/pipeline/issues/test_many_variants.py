"""An issue of many variants: each is looked at, but not while an editor waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.model import Cadence, Declaration, IssueState, Kind, Selection
from syndicator.pipeline.issues import control
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import Because
from syndicator.store.feeds import sources
from syndicator.store.people import subscribers
from tests.builders import an_entry
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    EDITOR,
    SLOT,
    at,
    only,
    with_digests,
    written,
)
from tests.pipeline.world import Scene, a_declaration, scene
from tests.store.stored import apply, new

RAAHE = "https://blogi.raahe.fi/feed/"
WHOLES = 3
"""The issue in each language, as those get it who chose nothing."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """Before the cut-off of an issue of two cities, with a reader of each and one who left."""
    raahe = Declaration(key="raahe-blog", url=RAAHE, city="raahe", kind=Kind.BLOG)
    with scene(tmp_path, declared=(a_declaration(), raahe)) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        advance(made.world.editorial)
        written(made, "yksi")
        now, database = made.clock.at, made.world.database
        entry = an_entry("https://blogi.raahe.fi/?p=1", published=now)
        apply(database, made.source("raahe-blog"), now=now, new=(new(entry, recency=now),))
        with database.write() as tx:
            assert len(sources.list_all(tx)) == 2
            for number, (language, city) in enumerate(
                (("fi", "kauhajoki"), ("fi", "raahe"), ("sv", "raahe"))
            ):
                wanted = Selection(
                    language=language, cadence=Cadence.WEEKLY, cities=frozenset({city})
                )
                name = f"r{number}"
                made_id = subscribers.add(
                    tx, address=f"{name}@k.fi", address_hash=name, selection=wanted, now=now
                )
            subscribers.leave(tx, made_id, now=now)
        yield made


def approve(here: Scene) -> Because | None:
    return control.approve(here.world.editorial, only(here).id, version=1, by=EDITOR).because


def test_every_variant_that_somebody_gets_is_looked_at_before_it_is_shown_and_before_it_leaves(
    here: Scene,
) -> None:
    """Preflight on the real bytes of each variant; what only people who left chose is none."""
    at(here, CUT_OFF)
    assert here.editors.looked_at == WHOLES + 2

    assert approve(here) is None
    here.editors.looked_at = 0
    at(here, SLOT)

    assert here.editors.looked_at == WHOLES + 2
    assert only(here).state is IssueState.SENDING


def test_an_editor_who_approves_waits_for_no_more_than_the_whole_in_each_language(
    here: Scene,
) -> None:
    """A thousand variants take half a minute, and the page would be given up."""
    at(here, CUT_OFF)
    here.editors.looked_at = 0

    assert approve(here) is None

    assert here.editors.looked_at == WHOLES


def test_what_was_unfit_when_it_was_shown_is_looked_at_whole_before_it_is_approved(
    here: Scene,
) -> None:
    here.editors.refuses = ("120 KB",)
    at(here, CUT_OFF)
    here.editors.looked_at = 0
    assert approve(here) is Because.REFUSED

    here.editors.refuses = ()

    assert approve(here) is None
    assert here.editors.looked_at == (WHOLES + 2) * 2
