"""What the pages for subscribers are told of this installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from syndicator.app import App, opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.model import Cadence
from syndicator.web.people.confirming import next_issue_day
from tests.web.asgi import ask

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    environment = {"SYNDICATOR_DATA": str(tmp_path), "SYNDICATOR_SMTP_URL": "smtp://127.0.0.1:9"}
    with opened(load(environment), clock=lambda: TUESDAY) as made:
        yield made


def test_the_next_issue_is_that_of_the_cadence(app: App) -> None:
    site = app.builder.bare_site
    weekly = partial(next_issue_day, site, Cadence.WEEKLY, now=TUESDAY)

    assert weekly() == date(2026, 11, 30)
    assert next_issue_day(site, Cadence.MONTHLY, now=TUESDAY) == date(2026, 12, 1)
    assert weekly(since=date(2026, 12, 8)) == date(2026, 12, 14)
    assert weekly(since=date(2026, 12, 14)) == date(2026, 12, 14)
    without = replace(site, digests=())
    assert next_issue_day(without, Cadence.WEEKLY, now=TUESDAY) is None


def test_a_relay_alone_promises_no_letter_while_addresses_are_examples(app: App) -> None:
    assert "ei ole vielä alkanut" in ask(website(app), "/fi/subscribe").words()


def test_where_letters_leave_the_page_says_nothing_of_waiting(app: App) -> None:
    posting = replace(app, sends_emails=True)

    assert "ei ole vielä alkanut" not in ask(website(posting), "/fi/subscribe").words()
