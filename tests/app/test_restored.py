"""The whole way: a backup, a week of life, the loss of the database, and the week after it.

Promise 10: a restored system mails neither those who left nor yesterday's issue again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from syndicator import tasks
from syndicator.app import opened
from syndicator.app.parts import open_database
from syndicator.app.website import website
from syndicator.config import Settings, load
from syndicator.errors import StoreUnavailable
from syndicator.model import Cadence, EmailKind, IssueState, Selection
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import resume_all
from syndicator.pipeline.people import confirm, sign_up
from syndicator.pipeline.upkeep.backup import back_up
from syndicator.pipeline.upkeep.restore import RestoreResult, restore
from syndicator.store.feeds import sources
from syndicator.store.issues import issues, outbox, transitions
from syndicator.store.people import subscribers
from syndicator.store.upkeep.journal import FILE_NAME, JournalKind
from syndicator.subscribe.sign_up import SignUpRequest
from tests.app.doors import DOORS, address_of, by_mail, link, name_of, unsubscribe_path
from tests.app.installed import Place, place, server
from tests.app.test_coming_back import BOUNCES
from tests.app.test_desk import ready
from tests.app.test_editors import CUT_OFF, SLOT, Office
from tests.app.test_ticks import AtOnce
from tests.builders import an_entry
from tests.deliver.email.test_smtp import Post, open_post
from tests.pipeline.world import Clock
from tests.store.stored import apply, new
from tests.web.asgi import ask

WEEK = timedelta(days=7)
WEEKLY = Selection(language="fi", cadence=Cadence.WEEKLY)
WAITS = "odottaa"
STAYS = "jaa"


@dataclass
class Relay(Post):
    """Takes every mail but those to the names it is told not to know, and counts how often those
    are tried."""

    unknown: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        if address in self.unknown:
            self.refused[address] += 1
            return "550 5.1.1 no such person"
        return await super().handle_RCPT(server, session, envelope, address, options)

    def mails(self) -> Counter[tuple[str, str]]:
        """Return how often each reader got each issue, by its subject."""
        return Counter(
            (name_of(mail["To"]), mail["Subject"])
            for mail in (_mail(body) for _, _, body in self.taken)
        )

    def newest(self) -> str:
        """Return the text of the mail that came last."""
        body = _mail(self.taken[-1][2]).get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def first_to(self, name: str) -> tuple[str, EmailMessage]:
        """Return the first mail to somebody, and where its reports go."""
        return next(
            (sender or "", _mail(body))
            for sender, recipients, body in self.taken
            if name_of(recipients[0]) == name
        )


@dataclass
class Town:
    """An installation whose process is not running."""

    place: Place
    settings: Settings
    clock: Clock
    relay: Relay

    @contextmanager
    def running(self) -> Iterator[Office]:
        with opened(self.settings, clock=self.clock) as app:
            yield Office(app=app, clock=self.clock)

    def back_up(self) -> Path:
        self.clock.forward(timedelta(minutes=1))
        with closing(open_database(self.settings)) as database:
            backup = back_up(
                database,
                self.place.folder.parent / "b.tar.gz",
                data_dir=self.settings.deployment.data_dir,
                keep=None,
                now=self.clock.at,
                progress=lambda _: None,
            )
        return backup.path

    def restore(self, path: Path) -> RestoreResult:
        self.clock.forward(timedelta(minutes=1))
        with closing(open_database(self.settings)) as database:
            return restore(
                database,
                self.settings,
                path,
                replace=None,
                take_keys=False,
                journals=(),
                now=self.clock.at,
                progress=lambda _: None,
            )


def _mail(content: bytes | None) -> EmailMessage:
    return message_from_bytes(content or b"", policy=policy.default)


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    folder, relay = tmp_path / "data", Relay()
    settings = ready(load({"SYNDICATOR_DATA": str(folder)}))
    with place(folder, server(request)) as here, open_post(relay) as port:
        deployment = replace(
            settings.deployment,
            base_url="https://koosteet.fi",
            smtp_url=f"smtp://127.0.0.1:{port}",
            database_url=here.url or "",
        )
        weekly = tuple(one for one in settings.digests if one.cadence is Cadence.WEEKLY)
        mail = replace(settings.mail, bounces=BOUNCES)
        made = Town(
            place=here,
            settings=replace(settings, digests=weekly, deployment=deployment, mail=mail),
            clock=Clock(CUT_OFF - timedelta(days=3)),
            relay=relay,
        )
        with made.running() as office:
            advance(office.app.editorial)
            subscribe(office)
            tell(office, "nolla")
            send(office)
        office.clock.at = CUT_OFF + timedelta(days=3)
        with made.running() as office:
            tell(office, "yksi")
        yield made


def subscribe(office: Office) -> None:
    subscriptions = office.app.subscriptions
    with office.app.database.write() as tx:
        for name in (STAYS, *DOORS):
            subscribers.add(
                tx,
                address=address_of(name),
                address_hash=subscriptions.hash_of(address_of(name)),
                selection=WEEKLY,
                now=office.clock.at,
            )


def tell(office: Office, *names: str, published: timedelta = timedelta(0)) -> None:
    """Let a city's feed bring posts, published so long ago."""
    with office.app.database.read() as tx:
        source = sources.list_all(tx)[0]
    now = office.clock.at
    for name in names:
        entry = an_entry(f"https://blogi.kauhajoki.fi/?p={name}", published=now - published)
        apply(office.app.database, source, now=now, new=(new(entry, recency=now),))


def approve(office: Office) -> None:
    with office.app.database.write() as tx:
        newest = issues.statuses(tx, limit=1)[0]
        assert transitions.approve(
            tx, newest.id, version=newest.version, by="maija@raahe.fi", now=office.clock.at
        )


def tick(office: Office) -> None:
    tasks.tick(office.app.editorial, AtOnce(office), emails=False)


def made(office: Office, *, slot: timedelta = timedelta(0)) -> None:
    """Let the issue of a slot be made and approved."""
    office.clock.at = CUT_OFF + slot
    tick(office)
    approve(office)


def send(office: Office, *, slot: timedelta = timedelta(0)) -> None:
    """Let the issue of a slot be made, approved and sent, by ticks."""
    made(office, slot=slot)
    office.clock.at = SLOT + slot
    tick(office)


def go(town: Town) -> None:
    """Let a person say that newsletters may leave again."""
    with town.running() as office:
        assert resume_all(office.app.database, by="maija@raahe.fi", now=office.app.now())


DONE_AGAIN = {
    JournalKind.LEFT: 5,
    JournalKind.SUPPRESSED: 4,
    JournalKind.ERASED: 2,
    JournalKind.CONFIRMED: 2,
}
"""By click, page, mail, complaint and moving; bounce, refusal, complaint and command; by link and
command; whoever waited, and the address somebody moved to."""


def ask_in(office: Office) -> str:
    """Let somebody fill the form; return the token that confirms it."""
    wish = SignUpRequest(
        address=address_of(WAITS), selection=WEEKLY, page="/fi/subscribe", text_version="1"
    )
    sign_up.sign_up(office.app.subscriptions, wish)
    return link(office, EmailKind.CONFIRM, address_of(WAITS))


def everybody_goes(town: Town, office: Office, *, confirms: str) -> None:
    """Let all leave, each by another door, and one come in."""
    for name, door in DOORS.items():
        town.clock.forward(timedelta(minutes=1))
        door(office, name, *town.relay.first_to(name))
    town.relay.unknown.add(address_of("torjutaan"))
    assert confirm.confirm(office.app.subscriptions, confirms).selection == WEEKLY


@pytest.mark.parametrize("approved", [False, True], ids=["before the cut-off", "approved"])
def test_a_restored_backup_mails_nobody_who_left_and_no_issue_twice(
    town: Town, *, approved: bool
) -> None:
    with town.running() as office:
        if approved:
            made(office, slot=WEEK)
        confirms = ask_in(office)
    backup = town.back_up()
    with town.running() as office:
        everybody_goes(town, office, confirms=confirms)
        if approved:
            office.clock.at = SLOT + WEEK
            tick(office)
        else:
            tell(office, "kaksi")
            send(office, slot=WEEK)
        assert office.issue().state is IssueState.SENT
    before = town.relay.mails()
    second = town.relay.taken[-1]
    moved = "muuttaa.uusi"
    assert {name for name, _ in before} == {STAYS, WAITS, moved, *DOORS}
    assert len(before) == 1 + len(DOORS) + 3
    assert town.relay.refused == {address_of("torjutaan"): 1}

    town.place.lose()
    restored = town.restore(backup)

    assert restored.replayed.closed == ("weekly/2026-W49",)
    assert restored.replayed.acts == DONE_AGAIN
    assert (restored.journal, restored.lacking) == ("folder", 0)
    with town.running() as office:
        tick(office)
        published = town.clock.at - CUT_OFF - WEEK + timedelta(hours=3)
        tell(office, "kaksi", published=published)
    assert town.relay.mails() == before
    go(town)
    with town.running() as office:
        tick(office)
        tell(office, "kolme")
        assert town.relay.taken[-1] == second
        send(office, slot=2 * WEEK)

    after = town.relay.mails()
    assert set(after.values()) == {1}
    assert {name for name, _ in (after - before)} == {STAYS, WAITS}
    assert len({subject for _, subject in after}) == 3
    assert town.relay.refused.total() == 1
    told = town.relay.newest()
    assert "Kirjoitus kolme" in told
    # Nobody told it before the restore where the issue had been made without it.
    assert ("Kirjoitus kaksi" in told) is approved
    assert "Kirjoitus yksi" not in told


def test_a_send_cut_off_by_the_loss_waits_for_a_person(town: Town) -> None:
    with town.running() as office:
        made(office, slot=WEEK)
    backup = town.back_up()
    before = town.relay.mails()
    town.relay.end = "451 4.3.0 later"
    with town.running() as office:
        office.clock.at = SLOT + WEEK
        tick(office)
        assert office.issue().state is IssueState.SENDING

    town.place.lose()
    restored = town.restore(backup)
    town.relay.end = "250 kept"

    assert restored.replayed.doubtful == ("weekly/2026-W49",)
    go(town)
    with town.running() as office:
        tick(office)
        assert office.issue().state is IssueState.PAUSED
        with office.app.database.read() as tx:
            assert sum(outbox.tally(tx, office.issue().id).values()) == 0
    assert town.relay.mails() == before


def test_whoever_cannot_be_noted_in_the_journal_is_told_so_and_leaves_later(town: Town) -> None:
    """A full disk: never half done, and never a page that says what is not so."""
    journal = town.settings.deployment.data_dir / FILE_NAME
    away = journal.with_suffix(".away")
    with town.running() as office:
        site, subscriptions = website(office.app), office.app.subscriptions
        way = unsubscribe_path(town.relay.first_to("napista")[1])
        journal.rename(away)
        journal.symlink_to("/dev/full")
        refused = ask(site, way, method="POST")
        mailed = town.relay.first_to("postilla")
        with pytest.raises(StoreUnavailable, match="No space left"):
            by_mail(office, "postilla", *mailed)

        assert refused.status == 503
        assert refused.headers["retry-after"]
        assert [state_of(office, name) for name in ("napista", "postilla")] == ["active"] * 2

        journal.unlink()
        away.rename(journal)
        assert ask(site, way, method="POST").status == 200
        by_mail(office, "postilla", *mailed)
        assert [state_of(office, name) for name in ("napista", "postilla")] == ["left"] * 2
        left = [
            one.subject for one in subscriptions.journal.entries() if one.kind is JournalKind.LEFT
        ]
        assert left == [subscriptions.hash_of(address_of(name)) for name in ("napista", "postilla")]


def state_of(office: Office, name: str) -> str | None:
    with office.app.database.read() as tx:
        address_hash = office.app.subscriptions.hash_of(address_of(name))
        found = subscribers.by_hash(tx, address_hash)
    return found.state.value if found else None
