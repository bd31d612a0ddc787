"""Those who left, did not confirm yet, or are not mailed any more: what they get and see."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from syndicator.model import EmailKind, SuppressedBecause
from syndicator.pipeline.people import change_address, confirm, erase, export, leave, preferences
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import Preferences, Stopped
from tests.pipeline.readers import ADDRESS, WEEKLY, Readers


def left(readers: Readers) -> None:
    leave.leave(readers.subscriptions, readers.way_out(readers.subscribed()))


def asked_for_link(readers: Readers, kind: EmailKind) -> str:
    readers.later(minutes=15)
    preferences.mail_link(readers.subscriptions, ADDRESS, "en")
    return readers.link(kind)


def test_whoever_left_gets_a_letter_and_sees_what_is_held_and_until_when(
    readers: Readers,
) -> None:
    """GDPR 15: whoever asks is told, also after they left."""
    left(readers)
    token = asked_for_link(readers, EmailKind.LEFT)
    held = preferences.read(readers.subscriptions, token)
    assert isinstance(held, Preferences)
    assert (held.address, held.selection) == (ADDRESS, WEEKLY)
    assert (held.left, held.kept_until) == (date(2026, 11, 24), date(2026, 12, 24))
    told = export.export(readers.subscriptions, token)
    assert told is not None
    assert json.loads(json.dumps(told))["subscriber"]["state"] == "left"


def test_whoever_left_can_erase_and_changes_nothing_else_by_that_link(readers: Readers) -> None:
    """Coming back is a new double opt-in; a link to see is none."""
    left(readers)
    token = asked_for_link(readers, EmailKind.LEFT)
    assert not preferences.change(readers.subscriptions, token, WEEKLY)
    assert not preferences.pause(readers.subscriptions, token, None)
    assert not change_address.request(readers.subscriptions, token, "m@k.fi")
    assert confirm.confirm(readers.subscriptions, token).selection is None
    assert erase.erase(readers.subscriptions, token)
    assert readers.subscriber() is None
    assert preferences.read(readers.subscriptions, token) is LinkState.BROKEN


def test_a_link_to_preferences_shows_what_is_held_also_after_leaving_by_it(
    readers: Readers,
) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    leave.leave(readers.subscriptions, token)
    held = preferences.read(readers.subscriptions, token)
    assert isinstance(held, Preferences)
    assert held.left is not None


def test_whoever_did_not_confirm_gets_the_confirmation_once_more(readers: Readers) -> None:
    readers.sign_up()
    readers.emails()
    token = asked_for_link(readers, EmailKind.CONFIRM)
    assert preferences.read(readers.subscriptions, token) is LinkState.BROKEN
    assert confirm.confirm(readers.subscriptions, token).selection == WEEKLY


@pytest.mark.parametrize("why", SuppressedBecause)
def test_whoever_is_not_mailed_any_more_is_told_since_when_and_why(
    readers: Readers, why: SuppressedBecause
) -> None:
    found = readers.subscribed()
    token = readers.preferences_link()
    leave.suppress(readers.subscriptions, found.address_hash, why)
    held = preferences.read(readers.subscriptions, token)
    assert isinstance(held, Preferences)
    assert held.stopped == Stopped(why=why, day=date(2026, 11, 24))
    assert (held.left is not None) is (why is SuppressedBecause.COMPLAINT)


@pytest.mark.parametrize("how", ["suppressed", "unknown", "left and suppressed"])
def test_no_letter_goes_to_whom_none_may_go_to(readers: Readers, how: str) -> None:
    if how != "unknown":
        found = readers.subscribed()
        why = SuppressedBecause.COMPLAINT if "left" in how else SuppressedBecause.HARD_BOUNCE
        leave.suppress(readers.subscriptions, found.address_hash, why)
    readers.later(days=1)
    preferences.mail_link(readers.subscriptions, ADDRESS, "fi")
    assert readers.emails() == []


def test_who_comes_back_is_mailed_though_they_had_paused_before_they_left(
    readers: Readers,
) -> None:
    found = readers.subscribed()
    until = readers.clock.at.date() + timedelta(days=200)
    assert preferences.pause(readers.subscriptions, readers.preferences_link(), until)
    leave.leave(readers.subscriptions, readers.way_out(found))
    readers.later(days=1)

    assert readers.subscribed().paused_until is None
