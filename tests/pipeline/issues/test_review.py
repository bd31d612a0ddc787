"""What an editor decides about an issue, and on which version of it (promise 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from syndicator.model import Cadence, IssueState, Selection
from syndicator.pipeline.issues import control, review
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import Because
from syndicator.pipeline.issues.review import LONGEST_GREETING
from syndicator.store.people import subscribers
from tests.pipeline.disk import undone_by_a_power_cut
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    EDITOR,
    SLOT,
    at,
    only,
    with_digests,
    written,
)
from tests.pipeline.world import Scene, scene


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """The moment an issue of one post is shown to its editors."""
    with scene(tmp_path) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        advance(made.world.editorial)
        written(made, "yksi")
        at(made, CUT_OFF)
        yield made


def saved(here: Scene, greetings: Mapping[str, str], *, version: int = 1) -> Because | None:
    return review.save(
        here.world.editorial,
        only(here).id,
        version=version,
        greetings=greetings,
        left_out=(),
        by=EDITOR,
    ).because


def approved(here: Scene, *, version: int) -> Because | None:
    return control.approve(here.world.editorial, only(here).id, version=version, by=EDITOR).because


def stopped(here: Scene, *, version: int) -> Because | None:
    return control.stop(here.world.editorial, only(here).id, version=version, by=EDITOR).because


def test_a_greeting_is_kept_whole_or_not_at_all(here: Scene) -> None:
    assert saved(here, {"fi": "a" * (LONGEST_GREETING + 1)}) is Because.TOO_LONG
    assert only(here).version == 1

    assert saved(here, {"fi": "a" * LONGEST_GREETING}) is None
    assert only(here).version == 2


def test_saving_what_an_issue_says_already_leaves_its_approval_as_it_is(here: Scene) -> None:
    approved(here, version=1)

    assert saved(here, {}) is None

    assert (only(here).version, only(here).state) == (1, IssueState.APPROVED)


def test_a_page_of_an_older_version_is_told_so_also_when_the_newer_one_is_approved(
    here: Scene,
) -> None:
    """Its editor did not see what goes out."""
    saved(here, {"fi": "Hei!"})
    assert approved(here, version=2) is None

    assert approved(here, version=1) is Because.OLD
    assert stopped(here, version=1) is Because.OLD
    assert saved(here, {"fi": "Moi!"}, version=1) is Because.OLD

    assert only(here).state is IssueState.APPROVED


def test_a_page_of_an_older_version_does_not_end_a_send_under_way(here: Scene) -> None:
    saved(here, {"fi": "Hei!"})
    approved(here, version=2)
    at(here, SLOT)
    assert only(here).state is IssueState.SENDING

    assert stopped(here, version=1) is Because.OLD

    assert only(here).state is IssueState.SENDING


def test_editors_see_for_how_many_readers_an_issue_has_nothing(here: Scene) -> None:
    """They get none, which is no fault of theirs or ours (E9)."""
    with here.world.database.write() as tx:
        for name, cities in (("kaikki", ()), ("raahe", ("raahe",)), ("raahe2", ("raahe",))):
            subscribers.add(
                tx,
                address=f"{name}@k.fi",
                address_hash=name,
                selection=Selection(
                    language="fi", cadence=Cadence.WEEKLY, cities=frozenset(cities)
                ),
                now=here.clock.at,
            )

    seen = review.review(here.world.editorial, only(here).id)

    assert seen is not None
    assert (seen.readers, seen.nothing_for) == (1, 2)


DECIDE: dict[str, Callable[[Scene], Because | None]] = {
    "approve": lambda here: approved(here, version=1),
    "stop": lambda here: stopped(here, version=1),
    "save": lambda here: saved(here, {"fi": "Hei!"}),
}


@pytest.mark.parametrize("name", DECIDE)
def test_what_an_editor_is_told_is_decided_is_on_the_disk(here: Scene, name: str) -> None:
    """An issue that was stopped does not go out after a power cut (promise 5)."""
    with undone_by_a_power_cut() as undone:
        assert DECIDE[name](here) is None
    assert undone == []


def test_stopping_a_send_under_way_is_on_the_disk(here: Scene) -> None:
    approved(here, version=1)
    at(here, SLOT)
    with undone_by_a_power_cut() as undone:
        assert stopped(here, version=1) is None
    assert only(here).state is IssueState.CANCELLED
    assert undone == []
