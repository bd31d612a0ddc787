"""What an issue tells, how it is shown, and what of preflight it is held for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndicator.model import IssueState, Kind
from syndicator.pipeline.issues import control, review
from syndicator.pipeline.issues.advance import REVIEW
from syndicator.store.issues import transitions
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    EDITOR,
    MINUTE,
    SLOT,
    a_week,
    at,
    mailing,
    only,
    told,
)
from tests.pipeline.world import Scene


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with a_week(tmp_path) as made:
        yield made


def test_what_preflight_only_warns_of_is_noted_and_keeps_nothing_from_leaving(here: Scene) -> None:
    here.editors.warns = ("a title of 200 letters",)
    at(here, CUT_OFF)
    with here.world.database.read() as tx:
        noted = [act.detail for act in transitions.acts(tx, only(here).id) if act.event == REVIEW]
    assert noted == ["E8: a title of 200 letters"]

    result = control.approve(here.world.editorial, only(here).id, version=1, by=EDITOR)
    assert result.because is None

    assert at(here, SLOT) == (only(here).id,)


def test_a_version_that_was_shown_is_not_looked_at_again_by_every_tick(here: Scene) -> None:
    """A thousand variants take half a minute."""
    at(here, CUT_OFF)
    once = here.editors.looked_at
    assert once

    for minutes in (1, 2):
        at(here, CUT_OFF + minutes * MINUTE)

    assert here.editors.looked_at == once


def test_an_issue_tells_posts_of_no_other_kind_than_the_network_gathers(here: Scene) -> None:
    """A blog's network keeps the news it followed before; they are in feed and digest no more."""
    combined = replace(here.world.settings.combined, kinds=frozenset({Kind.NEWS}))
    here.world = replace(here.world, settings=replace(here.world.settings, combined=combined))

    at(here, CUT_OFF)

    assert only(here).state is IssueState.EMPTY


def test_that_an_issue_waits_is_said_once_however_many_versions_it_has(here: Scene) -> None:
    at(here, CUT_OFF)
    at(here, SLOT)
    issue = only(here).id
    greeted = {"fi": "Hei!"}
    review.save(here.world.editorial, issue, version=1, greetings=greeted, left_out=(), by=EDITOR)

    at(here, SLOT + MINUTE)

    assert told(here) == ["review", "waiting", "review"]


def test_what_preflight_refused_once_does_not_go_by_itself_though_it_would_pass_now(
    here: Scene,
) -> None:
    """A person looks at what changed."""
    here.world = mailing(here, sends_by_itself=True)
    here.editors.refuses = ("120 KB",)
    at(here, CUT_OFF)
    at(here, SLOT)
    here.editors.refuses = ()

    assert at(here, SLOT + MINUTE) == ()

    assert only(here).state is IssueState.WAITING
