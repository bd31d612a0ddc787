"""The digest from the command line: looked at, let go, held, ended, accounted for."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from socket import socket
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from syndicator.app import opened
from syndicator.app.parts import now
from syndicator.cli.issues.digest import UNCHANGED, UNDECIDED
from syndicator.config import load
from syndicator.demo import catcher
from syndicator.model import Cadence, DeliveryState, Selection
from syndicator.pipeline.data_folder import nobody_sends
from syndicator.pipeline.issues import control, failures
from syndicator.pipeline.issues.preview import local_day
from syndicator.store.db.base import table_of
from syndicator.store.db.schema.newsletter import DeliveryRow
from syndicator.store.feeds import sources
from syndicator.store.people import bounces, subscribers
from syndicator.subscribe.tokens import is_sample
from tests.builders import an_entry
from tests.cli.world import Town, town
from tests.store.stored import apply, new


@dataclass
class Press:
    """An installation with one post in the window that closed last, a reader, and a relay."""

    town: Town
    caught: Path
    said: list[str] = field(default_factory=list)

    def says(self, *words: str, code: int = 0) -> str:
        said = self.town.says(*words)
        assert said.code == code, f"{said.out}\n{said.err}"
        return said.out + said.err

    def mails(self) -> int:
        return len(list(self.caught.glob("*.eml")))


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    caught = tmp_path / "mail"
    with town(tmp_path) as made, catcher.catching(caught, host="127.0.0.1") as port:
        config = Path(made.environment["SYNDICATOR_CONFIG"])
        # Example settings would be refused by preflight, so these are somebody's.
        text = config.read_text("utf-8").replace(".example", ".fi").replace("example.org", "koe.fi")
        config.write_text(text, "utf-8")
        environment = made.environment | {
            "SYNDICATOR_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "SYNDICATOR_BASE_URL": "https://koosteet.fi",
        }
        _written(environment)
        yield Press(town=replace(made, environment=environment), caught=caught)


class Refusing:
    """A relay that answers so to every recipient."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    async def handle_RCPT(self, *_: object) -> str:  # noqa: N802 - the name aiosmtpd calls
        return self._answer


class Asking:
    """A relay that asks of a folder, while it is given a mail, whether nobody sends from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.heard: list[bool] = []

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - the name aiosmtpd calls
        with nobody_sends(self._folder) as alone:
            self.heard.append(alone)
        return "250 taken"


@contextmanager
def answering(relay: Refusing | Asking) -> Iterator[int]:
    """Yield the port where a relay listens."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(relay, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _written(environment: dict[str, str]) -> None:
    """Let a post be eligible, and a reader confirmed, in the middle of the last closed week."""
    then = now() - timedelta(days=7)
    with opened(load(environment), clock=lambda: then) as app:
        with app.database.write() as tx:
            source = sources.list_all(tx)[0]
            subscribers.add(
                tx,
                address="maija@koe.fi",
                address_hash="h",
                selection=Selection(language="fi", cadence=Cadence.WEEKLY),
                now=then,
            )
        # One in each of the days before: some lie in the window whichever day it is today.
        for day in range(9):
            moment = then - timedelta(days=day - 5)
            entry = an_entry(f"https://blogi.kauhajoki.fi/?p={day}", published=moment)
            apply(app.database, source, now=moment, new=(new(entry, recency=moment),))


def test_a_preview_is_written_as_a_page_a_text_and_a_message(press: Press, tmp_path: Path) -> None:
    out = tmp_path / "out"

    said = press.says("digest", "preview", "--lang", "sv", "--out", str(out))

    files = sorted(out.iterdir())
    assert [path.suffix for path in files] == [".eml", ".html", ".txt"]
    assert [str(path) in said for path in files] == [True] * 3
    message = message_from_bytes(files[0].read_bytes(), policy=SMTP)
    assert not message.defects
    assert message["List-Unsubscribe"]
    assert '<html lang="sv"' in files[1].read_text("utf-8")
    assert "Inga" not in press.says("issues", "list")


def test_a_preview_in_a_language_the_network_does_not_have_is_refused_in_words(
    press: Press, tmp_path: Path
) -> None:
    config = Path(press.town.environment["SYNDICATOR_CONFIG"])
    text = config.read_text("utf-8")
    config.write_text(text.replace('["fi", "sv", "en"]', '["fi"]', 1), "utf-8")

    said = press.says("digest", "preview", "--lang", "sv", "--out", str(tmp_path), code=2)

    assert "'sv' is not one of 'fi'" in said


def test_an_issue_is_made_approved_and_sent_once_to_whoever_subscribes(press: Press) -> None:
    made = press.says("digest", "make")
    name = made.split(": ")[1]

    assert "is not approved" in press.says("digest", "send", name, code=1)
    assert f"{name}: approved" in press.says("digest", "approve", name)
    assert "1 sent" in press.says("digest", "send", name)
    press.says("digest", "send", name, code=1)

    assert press.mails() == 1
    assert " sent " in press.says("issues", "list")
    shown = press.says("issues", "show", name)
    assert "approved by command line" in shown
    assert "maija@koe.fi" not in shown


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("553 5.7.1 this sender is not yours", "is paused; `syndicator issues show"),
        ("451 4.3.0 later", "Not all of it has left: `syndicator run` goes on"),
    ],
)
def test_a_send_that_left_something_open_is_not_said_to_be_done(
    press: Press, answer: str, line: str
) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)

    with answering(Refusing(answer)) as port:
        press.town.environment["SYNDICATOR_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        assert line in press.says("digest", "send", name, code=1)


def test_an_issue_that_failed_is_not_called_simply_sent_and_what_it_suppressed_is_lifted(
    press: Press,
) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    with answering(Refusing("550 5.1.1 no such person")) as port:
        press.town.environment["SYNDICATOR_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        assert "1 failed" in press.says("digest", "send", name, code=1)

    assert "(1 of 1 failed)" in press.says("issues", "list")
    assert f"{name}: sent (1 of 1 failed), version 1" in press.says("issues", "show", name)
    assert "nobody is asked" in press.says("digest", "confirm", name, code=1)
    assert f"{name}: 1 addresses are not blamed" in press.says("digest", "lift", name)
    assert "suppressed nobody" in press.says("digest", "lift", name, code=1)


def test_a_run_that_starts_meanwhile_takes_nothing_from_a_send_by_hand(press: Press) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    relay = Asking(Path(press.town.environment["SYNDICATOR_DATA"]))

    with answering(relay) as port:
        press.town.environment["SYNDICATOR_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        press.says("digest", "send", name)

    assert relay.heard == [False]


def test_a_relay_that_is_not_there_is_told_without_a_code_that_nobody_gave(
    press: Press,
) -> None:
    press.says("digest", "make")
    with catcher.catching(press.caught, host="127.0.0.1") as port:
        pass  # free again: nothing listens there now
    press.town.environment["SYNDICATOR_SMTP_URL"] = f"smtp://127.0.0.1:{port}"

    said = press.says("digest", "test", "maija@koe.fi", code=1)

    assert "refused" in said
    assert not re.search(r"^0 ", said, re.MULTILINE)


def test_what_preflight_refuses_is_not_sent_by_hand_either(press: Press) -> None:
    """What was fit when it was approved need not be any more: here the key to sign it is gone."""
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    key = {"SYNDICATOR_DKIM_KEY": "/nowhere/dkim.pem", "SYNDICATOR_DKIM_SELECTOR": "s1"}
    press.town = replace(press.town, environment=press.town.environment | key)

    said = press.says("digest", "send", name, code=1)

    assert "E4: " in said
    assert "preflight refuses it" in said
    assert press.mails() == 0


def test_an_issue_whose_pages_have_moved_to_http_is_not_sent_by_hand_and_the_reason_is_named(
    press: Press,
) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    moved = press.town.environment | {"SYNDICATOR_BASE_URL": "http://koosteet.fi"}
    press.town = replace(press.town, environment=moved)

    said = press.says("digest", "send", name, code=2)

    assert "no mail may leave: insecure_address; `syndicator status` says more" in said
    assert press.mails() == 0


def test_who_got_an_issue_stands_in_a_table(press: Press) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    press.says("digest", "send", name)

    rows = list(csv.DictReader(io.StringIO(press.says("issues", "show", name, "--csv"))))

    assert [(row["address"], row["state"], row["code"]) for row in rows] == [
        ("maija@koe.fi", "sent", "250")
    ]


def test_a_stopped_issue_cannot_be_approved_and_a_cancelled_one_not_resumed(
    press: Press,
) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "pause", name)
    press.says("digest", "resume", name)
    press.says("digest", "stop", name)
    assert "has moved on" in press.says("digest", "approve", name, code=1)
    press.says("digest", "cancel", name, "--yes", code=1)
    press.says("digest", "resume", name, code=1)


def test_a_cancelled_issue_has_ended(press: Press) -> None:
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "cancel", name, "--yes")
    assert "cancelled" in press.says("issues", "show", name)


def test_all_mail_is_held_and_let_go(press: Press) -> None:
    """Promise 10: what a restored system needs to go on."""
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    press.says("digest", "pause", "--all")
    assert "paused" in press.says("digest", "send", name, code=1 + 1)
    assert press.mails() == 0

    press.says("digest", "resume", "--all")

    press.says("digest", "send", name)
    assert press.mails() == 1


def our_sites(raw: bytes) -> dict[str, set[str]]:
    """Return where the links of ours lead in each place of a message: scheme and host."""
    message = message_from_bytes(raw, policy=SMTP)
    places = {name: str(message[name]) for name in ("List-Unsubscribe", "List-Archive")}
    for part in message.walk():
        if not part.is_multipart():
            places[part.get_content_type()] = part.get_content()
    addresses = {
        place: re.findall(r"https?://[^\s/\"<>]+", words) for place, words in places.items()
    }
    # All else in the mail are the posts of one blog.
    return {place: set(some) - {"https://blogi.kauhajoki.fi"} for place, some in addresses.items()}


def test_an_issue_made_before_our_address_changed_leads_to_the_new_one_only(
    press: Press, tmp_path: Path
) -> None:
    """What is frozen is what posts say; links of ours are made with the message."""
    name = press.says("digest", "make").split(": ")[1]
    press.says("digest", "approve", name)
    moved = press.town.environment | {"SYNDICATOR_BASE_URL": "https://uusi.koosteet.fi:8443"}
    press.town = replace(press.town, environment=moved)

    press.says("digest", "preview", "--lang", "fi", "--out", str(tmp_path / "out"))
    press.says("digest", "send", name)

    (preview,) = (tmp_path / "out").glob("*.eml")
    (sent,) = press.caught.glob("*.eml")
    new = {"https://uusi.koosteet.fi:8443"}
    everywhere = dict.fromkeys(("List-Unsubscribe", "List-Archive", "text/plain", "text/html"), new)
    assert our_sites(preview.read_bytes()) == everywhere
    assert our_sites(sent.read_bytes()) == everywhere
    assert b"/issues/weekly/" in preview.read_bytes()


def test_the_ways_out_of_a_preview_and_of_a_test_mail_are_samples(
    press: Press, tmp_path: Path
) -> None:
    press.says("digest", "make")
    press.says("digest", "preview", "--lang", "fi", "--out", str(tmp_path / "out"))
    press.says("digest", "test", "toimitus@koe.fi", "--lang", "fi")

    page, text = ((tmp_path / "out").glob(f"*.{kind}") for kind in ("html", "txt"))
    written = [next(page).read_text("utf-8"), next(text).read_text("utf-8")]
    for path in (*(tmp_path / "out").glob("*.eml"), *press.caught.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=SMTP)
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        written += [str(message["List-Unsubscribe"]), *parts]
    tokens = [re.findall(r"/unsubscribe/([\w-]+)", words) for words in written]

    assert [len(some) for some in tokens] == [1] * 8
    assert all(is_sample(token) for some in tokens for token in some)


def test_a_test_mail_goes_to_one_address_and_into_no_record(press: Press) -> None:
    name = press.says("digest", "make").split(": ")[1]

    press.says("digest", "test", "toimitus@koe.fi", "--lang", "en")

    assert press.mails() == 1
    assert "would go to 1 readers" in press.says("issues", "show", name)
    assert press.says("issues", "show", name, "--csv").count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("digest", "approve", "99"),
        ("digest", "approve", "weekly/2020-W01"),
        ("digest", "stop", "nonsense"),
        ("digest", "pause"),
        ("digest", "resume", "1", "--all"),
        ("issues", "show", "99"),
        ("digest", "test", "toimitus"),
    ],
)
def test_an_issue_that_is_not_there_or_not_named_is_said(
    press: Press, words: tuple[str, ...]
) -> None:
    assert "Error: " in press.says(*words, code=2)


def test_outside_the_hours_of_mail_a_send_by_hand_says_when_they_begin(press: Press) -> None:
    away = now().astimezone(ZoneInfo("Europe/Helsinki")) + timedelta(hours=2)
    hours = f"{away:%H:%M}-{away + timedelta(hours=1):%H:%M}"
    config = Path(press.town.environment["SYNDICATOR_CONFIG"])
    text = re.sub(r'send_at = "[0-9:]+"', f'send_at = "{away:%H:%M}"', config.read_text("utf-8"))
    config.write_text(f'{text}\n[mail]\nsend_between = "{hours}"\n', "utf-8")
    press.says("digest", "make")
    press.says("digest", "approve", "1")

    said = press.says("digest", "send", "1", code=2)

    assert f"newsletters leave between {hours} only" in said
    assert f"from {away:%H:%M} on" in said
    assert press.mails() == 0


def test_a_day_is_the_networks_own_and_not_that_of_greenwich(press: Press) -> None:
    """A preview made at half past midnight is of the day that has begun."""
    settings = load(press.town.environment)
    midnight = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    assert local_day(settings, midnight) == date(2026, 11, 24)


def test_an_issue_is_offered_again_to_those_it_failed_for(press: Press) -> None:
    name = press.says("digest", "make").split(": ")[1]
    assert "was never sent" in press.says("digest", "retry", name, code=1)
    press.says("digest", "approve", name)
    press.says("digest", "send", name)
    assert "failed for nobody" in press.says("digest", "retry", name, code=1)
    with opened(load(press.town.environment)) as app, app.database.write() as tx:
        assert bounces.mark_delivery_failed(tx, 1, detail="4.2.2 mailbox full")

    assert "1 are open again" in press.says("digest", "retry", name)
    assert "1 sent" in press.says("digest", "send", name)

    first, second = (path.read_bytes() for path in sorted(press.caught.glob("*.eml")))
    ids = {message_from_bytes(raw, policy=SMTP)["Message-ID"] for raw in (first, second)}
    assert len(ids) == 1
    assert " sent " in press.says("issues", "list")
    assert "retried by command line" in press.says("issues", "show", name)


def test_what_is_held_is_given_up(press: Press) -> None:
    press.says("digest", "make")
    press.says("digest", "approve", "1")
    press.says("digest", "send", "1")
    assert "holds nothing" in press.says("digest", "settle", "1", code=1)

    with opened(load(press.town.environment)) as app, app.database.write() as tx:
        tx.execute(update(table_of(DeliveryRow)).values(state=DeliveryState.UNCERTAIN))

    assert "1 given up" in press.says("digest", "settle", "1")
    assert "1 failed" in press.says("issues", "show", "1")


def test_an_issue_whose_digest_left_the_configuration_is_shown_and_says_what_to_do(
    press: Press,
) -> None:
    press.says("digest", "make")
    config = Path(press.town.environment["SYNDICATOR_CONFIG"])
    config.write_text(config.read_text("utf-8").split("[[digest]]")[0], "utf-8")

    assert "weekly/" in press.says("issues", "show", "1")
    for words in (("approve",), ("send",)):
        said = press.says("digest", *words, "1", code=2)
        assert "no digest of the configuration is weekly any more" in said


def test_every_reason_why_nothing_changed_has_its_words() -> None:
    assert set(UNCHANGED) == set(control.Because)
    assert set(UNDECIDED) == set(failures.Because)
