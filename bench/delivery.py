"""How fast and how lean mail leaves: part of ``make bench``, or alone with the name of a part.

    python bench/delivery.py            every part
    python bench/delivery.py send       messages of 20 KB into smtp-sink, beside smtp-source
    python bench/delivery.py plan       who gets an issue, for a million subscribers
    python bench/delivery.py memory     what a send adds, for 10,000 and 100,000 recipients
    python bench/delivery.py build      what one message costs to make

The relay is postfix's ``smtp-sink`` on loopback (``apt-get install postfix``).
"""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from statistics import median

from memory import held_bytes
from sqlalchemy import insert

from syndicator import log
from syndicator.deliver.email.message import Envelope, Template, message, template
from syndicator.deliver.email.sign import Signer, new_key
from syndicator.deliver.email.smtp import Relay
from syndicator.model import (
    UNSUBSCRIBE_MARK,
    Cadence,
    Delivery,
    Mail,
    Selection,
    SubscriberState,
    Variant,
)
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.issues.send import deliver, plan_all
from syndicator.store.db import migrate
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.issues import issues, transitions, variants
from syndicator.store.people import subscribers
from syndicator.subscribe.tokens import unsubscribe_token
from tests.builders import HOME
from tests.crash.sender import sender_to
from tests.pipeline.office import Connects
from tests.publish.samples import a_draft, a_post

SIZE = 20_000
POSTS = 14
"""Of such an issue a message has about SIZE bytes."""
MANY = 4_000
PLANNED = 1_000_000
RUNS = 3
CONNECTIONS = (2, 10)
KEY = bytes(32)
LEAVE = "https://blogs.example.org/fi/unsubscribe/"
LANGUAGES = ("fi", "sv", "en")
EXCERPT = " ".join(f"sana{number}" for number in range(75))


def main(parts: list[str]) -> None:
    """Print the figures of these parts; of all where none is named."""
    by_name: dict[str, Callable[[], None]] = {
        "build": building,
        "send": sending,
        "plan": planning,
        "memory": memory,
    }
    log.configure(json=False, stream=StringIO())
    if parts[:1] == ["remembered"]:
        _remembered(int(parts[1]), int(parts[2]))
        return
    for name in parts or list(by_name):
        by_name[name]()


# --- what is sent ---------------------------------------------------------------------------------


def _template() -> Template:
    words = " ".join(f"sana{number}" for number in range(60))
    paragraph = f"<p>{words}</p>\n"
    way_out = LEAVE + UNSUBSCRIBE_MARK
    mail = Mail(
        language="fi",
        subject="Viikkokooste, viikko 48/2026: 12 kirjoitusta",
        text=f"{words}\n" * 10 + way_out,
        html=paragraph * ((SIZE - 7_000) // len(paragraph)) + f'<a href="{way_out}">Lopeta</a>',
    )
    envelope = Envelope(
        sender="kooste@blogs.example.org",
        sender_name="Seutukaupungit",
        host="blogs.example.org",
        list_name="Seutukaupungit: Viikkokooste",
        list_id="fi.weekly.digest",
        archive_url="https://blogs.example.org/fi/issues/",
        leave_url=LEAVE,
        mailbox="kooste@blogs.example.org",
        feedback="2026-W47:fi.weekly:digest:blogsexampleorg",
    )
    return template(mail, envelope=envelope, mark=UNSUBSCRIBE_MARK)


def _message(to: Template, delivery: Delivery) -> bytes:
    token = unsubscribe_token(delivery.reader, KEY)
    return message(to, delivery=delivery, token=token, date=_now())


def _now() -> datetime:
    return datetime.now(UTC)


# --- building -------------------------------------------------------------------------------------


def building() -> None:
    """Print what one message costs to make, plain and signed."""
    to = _template()
    delivery = Delivery(
        id=1,
        issue=1,
        variant=1,
        reader="01234567-89ab-cdef-0123-456789abcdef",
        address="lukija@esimerkki.example",
        address_hash="0" * 64,
        language="fi",
    )
    whole = _message(to, delivery)
    print(f"\nBuilding a message of {len(whole) / 1000:.0f} KB, microseconds")
    _row("spliced", _each(partial(_message, to, delivery), times=20_000))
    for kind in ("rsa", "ed25519"):
        signer = Signer(key=new_key(kind), selector="bench", domain="blogs.example.org")
        _row(f"signed here, {kind}", _each(partial(signer.signed, whole), times=500))


def _each(call: Callable[[], object], *, times: int) -> float:
    figures = []
    for _ in range(RUNS):
        began = time.perf_counter()
        for _ in range(times):
            call()
        figures.append((time.perf_counter() - began) / times * 1e6)
    return median(figures)


# --- sending --------------------------------------------------------------------------------------


def sending() -> None:
    """Print messages a second, durable on SQLite, beside smtp-source with kept connections."""
    if shutil.which("smtp-sink") is None:
        print("\nSending left out: apt-get install postfix")
        return
    print(f"\n{MANY} messages of 20 KB into smtp-sink, messages/s")
    print(f"{'':28}{'syndicator':>14}{'smtp-source':>14}{'ratio':>8}")
    for connections in CONNECTIONS:
        ours = median([_rate(connections) for _ in range(RUNS)])
        theirs = median([_source(connections) for _ in range(RUNS)])
        name = f"{connections} connections"
        print(f"{name:28}{ours:>14,.0f}{theirs:>14,.0f}{ours / theirs:>8.2f}")


def _rate(connections: int) -> float:
    with _sink() as port, _posting(MANY) as (database, folder):
        sender = sender_to(port, database, connections=connections, folder=folder)
        began = time.perf_counter()
        _deliver(sender)
        return MANY / (time.perf_counter() - began)


def _deliver(sender: NewsletterSender) -> None:
    delivered = deliver(sender, 1)
    if delivered.again_at is not None:
        raise SystemExit(f"not everything was sent: {dict(delivered.tally)}")


def _source(connections: int) -> float:
    with _sink() as port:
        began = time.perf_counter()
        options = ["-d", "-s", str(connections), "-l", str(SIZE), "-m", str(MANY)]
        subprocess.run(["smtp-source", *options, f"127.0.0.1:{port}"], check=True)
        return MANY / (time.perf_counter() - began)


@contextmanager
def _sink() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    # As root it wants to be told whom to become.
    user = ["-u", "nobody"] if Path("/proc/self").owner() == "root" else []
    server = subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "100"])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=10)


# --- planning -------------------------------------------------------------------------------------


def planning() -> None:
    """Print how long it takes to plan an issue for a million subscribers of 1,000 selections."""
    number, selections = PLANNED, 1_000
    with _posting(number, selections=selections) as (database, folder):
        times: list[float] = []
        began = time.perf_counter()
        with _timed(database, times):
            plan_all(sender_to(1, database, connections=1, folder=folder), 1)
        seconds = time.perf_counter() - began
    times.sort()
    print(f"\nPlanning {number:,} subscribers, {selections:,} selections (SQLite)")
    _row("seconds", seconds)
    _row("transactions", len(times))
    _row("median transaction, ms", median(times) * 1000)
    _row("95 of 100 within, ms", times[len(times) * 95 // 100] * 1000)
    _row("longest transaction, ms", times[-1] * 1000)


@contextmanager
def _timed(database: Database, seconds: list[float]) -> Iterator[None]:
    """Note how long each of its transactions takes while the block runs."""
    write = database.write

    @contextmanager
    def timed(**how: bool) -> Iterator[Tx]:
        began = time.perf_counter()
        with write(**how) as tx:
            yield tx
        seconds.append(time.perf_counter() - began)

    database.write = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        del database.write


# --- memory ---------------------------------------------------------------------------------------


def memory() -> None:
    """Print what a send adds to a process at most, for two numbers of recipients."""
    if shutil.which("smtp-sink") is None:
        print("\nMemory left out: apt-get install postfix")
        return
    print("\nMemory a send adds, MB")
    for number in (10_000, 100_000):
        with _sink() as port:
            command = [sys.executable, __file__, "remembered", str(number), str(port)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        _row(f"{number:,} recipients", float(done.stdout.split()[-1]))


class Weighed(Relay):
    """A relay that weighs the process after every thousand messages."""

    count = 0
    peak = 0

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        super().send(message, sender=sender, recipient=recipient)
        Weighed.count += 1
        if Weighed.count % 1_000 == 0:
            Weighed.peak = max(Weighed.peak, held_bytes())


def _remembered(number: int, port: int) -> None:
    relay = Connects(lambda: Weighed(f"smtp://127.0.0.1:{port}", name="sender.example"))
    with _posting(number) as (database, folder):
        sender = sender_to(port, database, connections=2, folder=folder)
        # What is imported and prepared once is no part of a send.
        before = held_bytes()
        _deliver(replace(sender, relay=relay))
        peak = max(before, Weighed.peak, held_bytes())
    print((peak - before) / 1e6)


# --- a database with readers in it ----------------------------------------------------------------


@contextmanager
def _posting(number: int, *, selections: int = 3) -> Iterator[tuple[Database, Path]]:
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-") as folder:
        database = Database.open(None, data_dir=Path(folder), **HOME)
        migrate.upgrade(database)
        with database.write() as tx:
            wanted = [
                subscribers.selection_id(
                    tx,
                    Selection(
                        language=LANGUAGES[at % 3],
                        cadence=Cadence.WEEKLY,
                        cities=frozenset({f"kaupunki-{at}"} if at >= 3 else ()),
                    ),
                )
                for at in range(selections)
            ]
        for first in range(0, number, 50_000):
            with database.write() as tx:
                _subscribe(tx, range(first, min(number, first + 50_000)), wanted)
        with database.write() as tx:
            _sending(tx)
        yield database, Path(folder)
        database.close()


def _subscribe(tx: Tx, numbers: range, selections: list[int]) -> None:
    at = _now() - timedelta(days=9)
    rows = [
        {
            "public_id": f"{number:08x}-89ab-cdef-0123-456789abcdef",
            "address": f"lukija{number}@k{number % 997}.example",
            "address_hash": random.Random(number).randbytes(32).hex(),
            "selection_id": selections[number % len(selections)],
            "state": SubscriberState.ACTIVE,
            "soft_bounces": 0,
            "at": at,
            "confirmed_at": at,
        }
        for number in numbers
    ]
    tx.execute(insert(table_of(SubscriberRow)), rows)


def _sending(tx: Tx) -> None:
    """Let an issue be sent of which each selection gets another order of the posts."""
    now = _now()
    posts = tuple(a_post(number, excerpt=EXCERPT) for number in range(POSTS))
    issue = issues.create(
        tx,
        a_draft(
            period="2026-W47",
            opens=now - timedelta(days=8),
            closes=now - timedelta(days=1),
            posts=posts,
            send_at=now,
        ),
    )
    ids = [post.public_id for post in posts]
    given = {
        id_: Variant(language=wanted.language, posts=tuple(random.Random(id_).sample(ids, POSTS)))
        for id_, wanted in variants.selections(tx, Cadence.WEEKLY).items()
    }
    variants.assign(tx, issue.id, given)
    transitions.approve(tx, issue.id, version=1, by="bench", now=now)
    transitions.start(tx, issue.id, version=1, now=now)


def _row(name: str, figure: float) -> None:
    print(f"{name:28}{figure:>14,.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
