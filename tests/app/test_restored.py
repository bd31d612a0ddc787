"""The whole way: a backup, a week of life, the loss of the database, and the week after it.

Promise 10: a restored system mails neither those who left nor yesterday's issue again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from syndicator import tasks
from syndicator.app import opened, safekeeping
from syndicator.app.issuing import let_all_go
from syndicator.app.safekeeping import Restored
from syndicator.config import Settings, load
from syndicator.demo import catcher
from syndicator.model import Cadence, IssueState, Selection, SubscriberState
from syndicator.pipeline import advance
from syndicator.store import issue_life, issues, outbox, sources, subscribers
from syndicator.store.base import table_of
from syndicator.store.journal import FILE_NAME, Journal, JournalKind
from syndicator.store.newsletter import SubscriberRow
from tests.app.installed import Place, place, server
from tests.app.test_desk import ready
from tests.app.test_editors import CUT_OFF, SLOT, Office
from tests.app.test_ticks import AtOnce
from tests.builders import an_entry
from tests.pipeline.world import Clock
from tests.store.stored import apply, new

WEEK = timedelta(days=7)
READERS = ("jaa", "lahtee", "poistuu", "estetty", "odottaa")
"""Stays, leaves, is erased, is suppressed, waits to be confirmed."""

SINCE = {
    "lahtee": JournalKind.LEFT,
    "poistuu": JournalKind.ERASED,
    "estetty": JournalKind.SUPPRESSED,
    "odottaa": JournalKind.CONFIRMED,
}


@dataclass
class Town:
    """An installation whose process is not running."""

    place: Place
    settings: Settings
    clock: Clock
    caught: Path

    @contextmanager
    def running(self) -> Iterator[Office]:
        with opened(self.settings, clock=self.clock) as app:
            yield Office(app=app, clock=self.clock)

    @property
    def journal(self) -> Journal:
        return Journal(self.settings.deployment.data_dir / FILE_NAME)

    def back_up(self) -> Path:
        self.clock.forward(timedelta(minutes=1))
        kept = safekeeping.back_up(
            self.settings,
            self.place.folder.parent / "b.tar.gz",
            keep=None,
            now=self.clock.at,
            progress=lambda _: None,
        )
        return kept.path

    def restore(self, path: Path) -> Restored:
        self.clock.forward(timedelta(minutes=1))
        return safekeeping.restore(
            self.settings,
            path,
            replace=None,
            take_keys=False,
            journals=(),
            now=self.clock.at,
            progress=lambda _: None,
        )

    def mails(self) -> Counter[tuple[str, str]]:
        """Return how often each reader got each issue, by its subject."""
        read = [_mail(path) for path in self.caught.glob("*.eml")]
        return Counter((mail["To"].partition("@")[0], mail["Subject"]) for mail in read)

    def newest(self) -> str:
        """Return the text of the mail that came last."""
        body = _mail(max(self.caught.glob("*.eml"))).get_body(("plain",))
        assert body is not None
        return str(body.get_content())


def _mail(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    folder, caught = tmp_path / "data", tmp_path / "mail"
    settings = ready(load({"SYNDICATOR_DATA": str(folder)}))
    with (
        place(folder, server(request)) as here,
        catcher.catching(caught, host="127.0.0.1") as port,
    ):
        deployment = replace(
            settings.deployment,
            base_url="https://koosteet.fi",
            smtp_url=f"smtp://127.0.0.1:{port}",
            database_url=here.url,
        )
        weekly = tuple(one for one in settings.digests if one.cadence is Cadence.WEEKLY)
        made = Town(
            place=here,
            settings=replace(settings, digests=weekly, deployment=deployment),
            clock=Clock(CUT_OFF - timedelta(days=3)),
            caught=caught,
        )
        with made.running() as office:
            advance(office.app.world)
            subscribe(office)
            tell(office, "yksi")
        yield made


def subscribe(office: Office) -> None:
    with office.app.database.write() as tx:
        for name in READERS:
            made = subscribers.add(
                tx,
                address=f"{name}@kauhajoki.fi",
                address_hash=name,
                selection=Selection(language="fi", cadence=Cadence.WEEKLY),
                now=office.clock.at,
            )
        row = table_of(SubscriberRow)
        tx.execute(row.update().where(row.c.id == made).values(state=SubscriberState.PENDING))


def tell(office: Office, *names: str, published: timedelta = timedelta(0)) -> None:
    """Let a city's feed bring posts, published so long ago."""
    with office.app.database.read() as tx:
        source = sources.every(tx)[0]
    now = office.clock.at
    for name in names:
        entry = an_entry(f"https://blogi.kauhajoki.fi/?p={name}", published=now - published)
        apply(office.app.database, source, now=now, new=(new(entry, recency=now),))


def approve(office: Office) -> None:
    with office.app.database.write() as tx:
        newest = issues.standings(tx, limit=1)[0]
        assert issue_life.approve(
            tx, newest.id, version=newest.version, by="maija@raahe.fi", now=office.clock.at
        )


def tick(office: Office) -> None:
    tasks.tick(office.app.world, AtOnce(office))


def send(office: Office, *, slot: timedelta = timedelta(0)) -> None:
    """Let the issue of a slot be made, approved and sent, by ticks."""
    office.clock.at = CUT_OFF + slot
    tick(office)
    approve(office)
    office.clock.at = SLOT + slot
    tick(office)


def go(town: Town) -> None:
    """Let a person say that newsletters may leave again."""
    with town.running() as office:
        assert let_all_go(office.app)


@pytest.mark.parametrize("approved", [False, True], ids=["before the cut-off", "approved"])
def test_a_restored_backup_mails_nobody_who_left_and_no_issue_twice(
    town: Town, *, approved: bool
) -> None:
    if approved:
        with town.running() as office:
            office.clock.at = CUT_OFF
            tick(office)
            approve(office)
    backup = town.back_up()
    for name, kind in SINCE.items():
        town.journal.append(kind, subject=name, at=town.clock.at + timedelta(hours=1))
    with town.running() as office:
        if approved:
            office.clock.at = SLOT
            tick(office)
        else:
            town.clock.forward(timedelta(hours=2))
            tell(office, "kaksi")
            send(office)
        assert office.issue().state is IssueState.SENT
    before = town.mails()
    assert {name for name, _ in before} == {"jaa", "lahtee", "poistuu", "estetty"}

    town.place.lose()
    restored = town.restore(backup)

    assert restored.replayed.closed == ("weekly/2026-W48",)
    assert restored.journal == "folder"
    with town.running() as office:
        tick(office)
        tell(office, "kaksi", published=town.clock.at - CUT_OFF + timedelta(hours=3))
    assert town.mails() == before
    go(town)
    with town.running() as office:
        tick(office)
        tell(office, "kolme")
        send(office, slot=WEEK)

    after = town.mails()
    assert set(after.values()) == {1}
    assert {name for name, _ in (after - before)} == {"jaa", "odottaa"}
    assert len({subject for _, subject in after}) == 2
    told = town.newest()
    assert "Kirjoitus kolme" in told
    # Nobody told it before the restore where the issue had been made without it.
    assert ("Kirjoitus kaksi" in told) is approved
    assert "Kirjoitus yksi" not in told


def test_a_send_cut_off_by_the_loss_waits_for_a_person(town: Town) -> None:
    with town.running() as office:
        office.clock.at = CUT_OFF
        tick(office)
        approve(office)
    backup = town.back_up()
    town.journal.append(JournalKind.ISSUE_STARTED, subject="weekly/2026-W48", at=SLOT)

    town.place.lose()
    restored = town.restore(backup)

    assert restored.replayed.doubtful == ("weekly/2026-W48",)
    go(town)
    with town.running() as office:
        office.clock.at = SLOT
        tick(office)
        assert office.issue().state is IssueState.PAUSED
        with office.app.database.read() as tx:
            assert outbox.tally(tx, office.issue().id).total() == 0
    assert not town.mails()
