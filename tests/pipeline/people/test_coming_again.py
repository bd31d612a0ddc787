"""Those who left, did not confirm yet, or are not mailed any more: what they get and see."""

from __future__ import annotations

import json
from datetime import date

import pytest

from syndicator.model import EmailKind, SuppressedBecause
from syndicator.pipeline.people import change_address, leave, sign_up
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Preferences, Stopped
from tests.pipeline.readers import ADDRESS, WEEKLY, Readers


def left(readers: Readers) -> None:
    leave.leave(readers.kept, readers.way_out(readers.subscribed()))


def asked_for_link(readers: Readers, kind: EmailKind) -> str:
    readers.later(minutes=15)
    sign_up.send_link(readers.kept, ADDRESS, "en")
    return readers.link(kind)


def test_whoever_left_gets_a_letter_and_sees_what_is_held_and_until_when(
    readers: Readers,
) -> None:
    """GDPR 15: whoever asks is told, also after they left."""
    left(readers)
    token = asked_for_link(readers, EmailKind.LEFT)
    held = sign_up.preferences(readers.kept, token)
    assert isinstance(held, Preferences)
    assert (held.address, held.selection) == (ADDRESS, WEEKLY)
    assert (held.left, held.kept_until) == (date(2026, 11, 24), date(2026, 12, 24))
    told = leave.export(readers.kept, token)
    assert told is not None
    assert json.loads(json.dumps(told))["subscriber"]["state"] == "left"


def test_whoever_left_can_erase_and_changes_nothing_else_by_that_link(readers: Readers) -> None:
    """Coming back is a new double opt-in; a link to see is none."""
    left(readers)
    token = asked_for_link(readers, EmailKind.LEFT)
    assert not sign_up.change(readers.kept, token, WEEKLY)
    assert not sign_up.pause(readers.kept, token, None)
    assert not change_address.move(readers.kept, token, "m@k.fi")
    assert sign_up.confirm(readers.kept, token).selection is None
    assert leave.erase(readers.kept, token)
    assert readers.found() is None
    assert sign_up.preferences(readers.kept, token) is LinkState.BROKEN


def test_a_link_to_preferences_shows_what_is_held_also_after_leaving_by_it(
    readers: Readers,
) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    leave.leave(readers.kept, token)
    held = sign_up.preferences(readers.kept, token)
    assert isinstance(held, Preferences)
    assert held.left is not None


def test_whoever_did_not_confirm_gets_the_confirmation_once_more(readers: Readers) -> None:
    readers.ask()
    readers.arrived()
    token = asked_for_link(readers, EmailKind.CONFIRM)
    assert sign_up.preferences(readers.kept, token) is LinkState.BROKEN
    assert sign_up.confirm(readers.kept, token).selection == WEEKLY


@pytest.mark.parametrize("why", SuppressedBecause)
def test_whoever_is_not_mailed_any_more_is_told_since_when_and_why(
    readers: Readers, why: SuppressedBecause
) -> None:
    found = readers.subscribed()
    token = readers.preferences_link()
    leave.suppress(readers.kept, found.address_hash, why)
    held = sign_up.preferences(readers.kept, token)
    assert isinstance(held, Preferences)
    assert held.stopped == Stopped(why=why, day=date(2026, 11, 24))
    assert (held.left is not None) is (why is SuppressedBecause.COMPLAINT)


@pytest.mark.parametrize("how", ["suppressed", "unknown", "left and suppressed"])
def test_no_letter_goes_to_whom_none_may_go_to(readers: Readers, how: str) -> None:
    if how != "unknown":
        found = readers.subscribed()
        why = SuppressedBecause.COMPLAINT if "left" in how else SuppressedBecause.HARD_BOUNCE
        leave.suppress(readers.kept, found.address_hash, why)
    readers.later(days=1)
    sign_up.send_link(readers.kept, ADDRESS, "fi")
    assert readers.arrived() == []
