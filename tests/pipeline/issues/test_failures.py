"""Failures in mass are ours until a person says otherwise: nobody is suppressed before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.deliver.mass import IN_A_ROW, LEAST
from syndicator.errors import PermanentFailure, StoreUnavailable
from syndicator.model import (
    DeliveryState,
    IssueState,
    NoticeKind,
    Stage,
    SubscriberState,
    SuppressedBecause,
    Tag,
    TagKind,
)
from syndicator.pipeline.issues import failures
from syndicator.pipeline.issues.bounces import BounceReader, process_report
from syndicator.pipeline.issues.failures import REPORTS_COME, Because, check_all
from syndicator.pipeline.issues.send import plan_all
from syndicator.pipeline.upkeep import alarms
from syndicator.store.issues import outbox, transitions
from syndicator.store.people import subscribers, suppressions
from syndicator.store.upkeep.journal import Journal, JournalKind
from syndicator.store.upkeep.replay import replay
from syndicator.subscribe.tokens import unsubscribe_token, verp
from tests.pipeline.office import Connects, Office, Pigeon, Watched, office
from tests.pipeline.returned import BASE, HOST, dsn

READERS = tuple(f"lukija{number:03}@k{number % 7}.fi" for number in range(400))
KEY = b"k" * 32
S = DeliveryState
UNKNOWN = PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)


class Mad(Pigeon):
    """Refuses every recipient that ``refuses`` names, as often as it is asked."""

    refuses: Callable[[str], bool] = staticmethod(lambda _: True)
    answer: PermanentFailure = UNKNOWN

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        if self.refuses(recipient):
            raise self.answer
        super().send(message, sender=sender, recipient=recipient)


def every(number: int) -> Callable[[str], bool]:
    """Refuse a reader in so many."""
    return lambda address: int(address[6:9]) % number == 0


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, *READERS) as made:
        yield made


def relay(here: Office, refuses: Callable[[str], bool] = lambda _: True) -> Mad:
    mad = Mad()
    mad.refuses = refuses
    here.sender = replace(here.sender, relay=Connects(lambda: mad))
    return mad


def suppressed(here: Office) -> list[str]:
    with here.scene.world.database.read() as tx:
        return [one.address_hash for one in suppressions.list_all(tx)]


def resume(here: Office) -> None:
    with here.scene.world.database.write() as tx:
        assert transitions.resume(tx, here.issue, by="test", now=here.scene.clock.at)


def decide(here: Office, word: Callable[..., failures.Decided]) -> failures.Decided:
    here.scene.clock.forward(timedelta(minutes=1))
    database, now = here.scene.world.database, here.scene.clock.at
    return word(database, here.sender.journal, here.issue, by="test", now=now)


def test_a_relay_that_knows_nobody_is_stopped_after_twenty_and_nobody_is_suppressed(
    here: Office,
) -> None:
    relay(here)
    connections = 4

    tally = here.deliver(connections=connections).tally

    assert IN_A_ROW <= tally[S.FAILED] < IN_A_ROW + connections
    assert tally[S.FAILED] + tally[S.PENDING] == len(READERS)
    assert (here.state(), here.notices()) == (IssueState.PAUSED, [NoticeKind.ISSUE_FAILURES])
    assert suppressed(here) == []
    alarms.mail_alarms(here.scene.world.editorial)
    assert here.scene.editors.alarms == [(NoticeKind.ISSUE_FAILURES, "weekly/2026-W48", False)]


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        PermanentFailure(550, "go away", stage=Stage.RECIPIENT),
        PermanentFailure(552, "mailbox full", stage=Stage.RECIPIENT),
    ],
)
def test_an_issue_of_which_a_twentieth_fails_pauses_before_anybody_is_suppressed(
    here: Office, answer: PermanentFailure
) -> None:
    relay(here, every(3)).answer = answer

    assert here.deliver().tally[S.FAILED] == LEAST
    assert here.state() is IssueState.PAUSED
    assert suppressed(here) == []


def test_few_who_do_not_exist_are_suppressed_for_this_issue_when_it_ends(
    here: Office, tmp_path: Path
) -> None:
    relay(here, every(25))
    seen: list[list[str]] = []

    def watch(kind: JournalKind) -> None:
        if kind is JournalKind.ISSUE_SENT:
            seen.append(suppressed(here))

    here.deliver(journal=Watched(tmp_path / "journal.jsonl", watch))

    assert here.state() is IssueState.SENT
    assert len(suppressed(here)) == 16
    assert seen == [suppressed(here)]
    assert here.notices() == []
    assert [line.kind for line in here.sender.journal.entries()] == [
        JournalKind.ISSUE_STARTED,
        *[JournalKind.SUPPRESSED] * 16,
        JournalKind.ISSUE_SENT,
    ]


def test_a_failure_to_note_who_does_not_exist_leaves_the_issue_to_be_ended_again(
    here: Office, tmp_path: Path
) -> None:
    """Also after a kill there: what is not borne yet is before the issue counts as sent."""
    relay(here, every(25))
    plan_all(here.sender, here.issue)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        here.deliver(journal=Journal(tmp_path / "file" / "journal.jsonl"))
    assert (here.state(), suppressed(here)) == (IssueState.SENDING, [])

    here.deliver()

    assert here.state() is IssueState.SENT
    assert len(suppressed(here)) == 16


def test_an_issue_resumed_without_a_word_is_sent_and_suppresses_nobody(here: Office) -> None:
    mad = relay(here)
    here.deliver()
    mad.refuses = lambda _: False
    resume(here)
    world = here.scene.world
    alarms.refresh_notices(world.settings, world.database, now=world.now())
    assert here.notices() == []

    tally = here.deliver().tally

    assert here.state() is IssueState.SENT
    assert tally == {S.FAILED: IN_A_ROW, S.SENT: len(READERS) - IN_A_ROW}
    assert NoticeKind.ISSUE_FAILURES in here.notices()
    assert suppressed(here) == []
    here.scene.clock.forward(timedelta(days=3))
    check_all(here.scene.world.database, here.sender.journal, now=here.scene.clock.at)
    assert suppressed(here) == []


def test_an_issue_pauses_again_when_as_many_fail_after_it_was_resumed(here: Office) -> None:
    relay(here)
    for times in (1, 2, 4, 8, 16):
        assert here.deliver().tally[S.FAILED] == times * IN_A_ROW
        assert here.state() is IssueState.PAUSED
        resume(here)


def test_failures_that_a_person_calls_real_suppress_and_pause_no_more(here: Office) -> None:
    mad = relay(here)
    here.deliver()
    mad.refuses = lambda _: False

    assert decide(here, failures.confirm) == failures.Decided(addresses=IN_A_ROW)
    assert len(suppressed(here)) == IN_A_ROW
    assert here.notices() == []
    assert decide(here, failures.confirm).because is Because.NOT_DOUBTED

    resume(here)
    here.deliver()
    assert (here.state(), here.notices()) == (IssueState.SENT, [])


def test_all_that_an_issue_suppressed_is_lifted_also_for_a_restored_database(here: Office) -> None:
    relay(here)
    here.deliver()
    decide(here, failures.confirm)
    database = here.scene.world.database
    with database.write() as tx:
        suppressions.suppress(tx, "other", SuppressedBecause.BY_EDITOR, at=here.scene.clock.at)

    assert decide(here, failures.lift) == failures.Decided(addresses=IN_A_ROW)
    assert suppressed(here) == ["other"]
    assert decide(here, failures.lift).because is Because.NOTHING_SUPPRESSED

    before = here.scene.clock.at - timedelta(hours=1)
    with database.write() as tx:
        replay(
            tx,
            here.sender.journal.entries(),
            since=before,
            window_of=lambda *_: None,
            now=here.scene.clock.at,
        )
    assert suppressed(here) == ["other"]


def test_failures_that_were_the_relays_are_forgotten_and_everybody_gets_the_issue(
    here: Office,
) -> None:
    mad = relay(here)
    here.deliver()
    mad.refuses = lambda _: False

    assert decide(here, failures.lift) == failures.Decided(addresses=IN_A_ROW)
    with here.scene.world.database.write() as tx:
        assert outbox.retry_failed(tx, here.issue) == IN_A_ROW
    resume(here)
    here.deliver()

    assert here.state() is IssueState.SENT
    assert sorted(mad.recipients) == sorted(READERS)
    assert suppressed(here) == []


def test_a_relay_that_loses_its_mind_again_after_a_retry_is_noticed_again(here: Office) -> None:
    relay(here)
    here.deliver()
    decide(here, failures.lift)
    with here.scene.world.database.write() as tx:
        outbox.retry_failed(tx, here.issue)
    resume(here)

    assert here.deliver().tally[S.FAILED] == IN_A_ROW
    assert here.state() is IssueState.PAUSED


# --- failures that come by report -----------------------------------------------------------------


def bounce_reader(here: Office) -> BounceReader:
    return BounceReader(
        database=here.scene.world.database,
        journal=here.sender.journal,
        unsubscribe_keys=(KEY,),
        host=HOST,
        now=here.scene.clock,
    )


def come_back(here: Office, addresses: Sequence[str], *, signed: bool = True) -> None:
    """Let a report come that says of each that it does not exist."""
    accounts = here.accounts() | {one.address: one for one in all_accounts(here)}
    for address in addresses:
        account = accounts[address]
        tag = Tag(kind=TagKind.DELIVERY, id=account.id, address=address[:8])
        with here.scene.world.database.read() as tx:
            found = subscribers.by_hash(tx, address)
        assert found is not None
        token = unsubscribe_token(found.public_id, KEY)
        way_out = f"List-Unsubscribe: <https://koosteet.example/fi/unsubscribe/{token}>"
        to = verp(BASE, tag, KEY) if signed else BASE
        process_report(
            bounce_reader(here), dsn(to, returned="" if signed else way_out, note=address)
        )


def all_accounts(here: Office) -> Sequence[outbox.Account]:
    with here.scene.world.database.read() as tx:
        return outbox.accounts(tx, here.issue, limit=len(READERS))


def look(here: Office) -> None:
    check_all(here.scene.world.database, here.sender.journal, now=here.scene.clock.at)


def left(here: Office) -> int:
    with here.scene.world.database.read() as tx:
        states = [subscribers.by_hash(tx, address) for address in READERS]
    return sum(one is not None and one.state is SubscriberState.LEFT for one in states)


@pytest.mark.parametrize("signed", [True, False])
def test_reports_in_mass_on_an_issue_that_was_sent_are_said_and_end_nobodys_mail(
    here: Office, signed: bool
) -> None:
    here.deliver()
    come_back(here, READERS[:LEAST], signed=signed)
    look(here)
    here.scene.clock.forward(REPORTS_COME)
    look(here)

    assert here.state() is IssueState.SENT
    assert here.notices() == [NoticeKind.ISSUE_FAILURES]
    assert (suppressed(here), left(here)) == ([], 0)
    decide(here, failures.confirm)
    assert (len(suppressed(here)), left(here)) == ((LEAST, 0) if signed else (0, LEAST))


def test_few_reports_are_borne_when_the_issue_was_sent_a_day_ago(here: Office) -> None:
    here.deliver()
    come_back(here, READERS[:3])
    look(here)
    assert suppressed(here) == []

    here.scene.clock.forward(REPORTS_COME)
    look(here)

    assert suppressed(here) == list(READERS[:3])


def test_reports_in_mass_pause_an_issue_under_way(here: Office) -> None:
    sent = iter(range(50))
    here.pigeon.before = lambda _: here.sender.stop.set() if next(sent, None) is None else None
    here.deliver()
    here.sender.stop.clear()
    come_back(here, here.pigeon.recipients[:LEAST])
    look(here)

    assert here.state() is IssueState.PAUSED
    assert suppressed(here) == []
