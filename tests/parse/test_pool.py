"""Reading feeds in child processes that may be killed (P12)."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from syndicator.errors import ParseFailed
from syndicator.model import ParsedFeed, Reason
from syndicator.parse import pool, worker
from syndicator.parse.pool import Parsers
from tests.builders import DEFAULTS

ROOT = Path(__file__).parents[2]

FEED = b"""<rss version="2.0"><channel><title>Torin laidalta</title><item>
<title>Jatko avattiin</title><guid>tori-1</guid><description>Teksti.</description></item>
</channel></rss>"""

# Feeds whose reading takes for ever are hard to come by, and that is well: the reader is slowed by
# size instead, against a deadline that is shorter still.
ENDLESS = FEED.replace(b"Teksti.", b"<![CDATA[" + b"<b>a</b> &amp; " * 600_000 + b"]]>")


@pytest.fixture
def parsers() -> Iterator[Parsers]:
    parsers = Parsers(workers=1, deadline=timedelta(seconds=20), defaults=DEFAULTS)
    yield parsers
    parsers.close()


def read(parsers: Parsers, body: bytes = FEED, *, within: timedelta | None = None) -> ParsedFeed:
    url = "https://blogi.example/feed"
    return parsers.read(body, content_type=None, url=url, language="fi", within=within)


def test_no_child_runs_until_the_first_feed(parsers: Parsers) -> None:
    assert parsers.pids == ()
    assert read(parsers).entries[0].title == "Jatko avattiin"
    assert len(parsers.pids) == 1


class Written(StrEnum):
    """Pickled as Python 3.11.0 to 3.11.3 pickle every enumeration."""

    A = "a"

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        return getattr, (type(self), self.name)


def test_an_answer_names_only_our_nouns_whatever_this_python_makes_of_an_enumeration() -> None:
    answer = ("failed", (Written.A, "why"), 0)
    assert b"getattr" in pickle.dumps(answer)

    written = worker.dumped(answer)

    assert b"getattr" not in written
    assert pickle.loads(written) == answer
    assert pool._loads(worker.dumped(("failed", (Reason.SIZE, "why"), 0)))[1] == (
        Reason.SIZE,
        "why",
    )


def test_one_child_reads_feed_after_feed(parsers: Parsers) -> None:
    read(parsers)
    first = parsers.pids
    read(parsers)
    assert parsers.pids == first


def test_what_document_says_of_a_body_reaches_the_caller(parsers: Parsers) -> None:
    with pytest.raises(ParseFailed) as failed:
        read(parsers, b"<!DOCTYPE html><html><title>Huoltokatko</title></html>")
    assert failed.value.reason is Reason.NOT_A_FEED
    assert len(parsers.pids) == 1, "saying no is not dying"


def test_a_body_that_takes_too_long_costs_its_own_job_only() -> None:
    """P12"""
    parsers = Parsers(workers=1, deadline=timedelta(seconds=0.3), defaults=DEFAULTS)
    try:
        with pytest.raises(ParseFailed) as failed:
            read(parsers, ENDLESS)
        assert failed.value.reason is Reason.PARSE_TIMEOUT
        assert parsers.pids == ()
        assert read(parsers).title == "Torin laidalta"
    finally:
        parsers.close()


def test_somebody_who_looks_on_waits_shorter_for_a_body_that_takes_too_long(
    parsers: Parsers,
) -> None:
    with pytest.raises(ParseFailed) as failed:
        read(parsers, ENDLESS, within=timedelta(seconds=0.3))
    assert failed.value.reason is Reason.PARSE_TIMEOUT


def test_somebody_who_looks_on_waits_shorter_for_a_free_child(parsers: Parsers) -> None:
    with parsers._seat(None), pytest.raises(ParseFailed) as failed:
        read(parsers, within=timedelta(seconds=0.01))
    assert failed.value.reason is Reason.LOCAL
    assert read(parsers).title == "Torin laidalta"


def test_a_child_killed_between_jobs_blames_no_feed(parsers: Parsers) -> None:
    read(parsers)
    (pid,) = parsers.pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert read(parsers).title == "Torin laidalta"


def test_a_child_killed_at_work_fails_that_feed_and_is_replaced() -> None:
    parsers = Parsers(workers=1, deadline=timedelta(seconds=60), defaults=DEFAULTS)
    try:
        read(parsers)
        (pid,) = parsers.pids
        threading.Timer(0.05, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(ParseFailed) as failed:
            read(parsers, ENDLESS)
        assert failed.value.reason is Reason.UNREADABLE
        assert read(parsers).title == "Torin laidalta"
    finally:
        parsers.close()


def test_signals_to_everyone_do_not_stop_a_child(parsers: Parsers) -> None:
    """Ctrl-C and a service manager's SIGTERM reach children too; the feed in hand is finished."""
    read(parsers)
    (pid,) = parsers.pids
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    read(parsers)
    assert parsers.pids == (pid,)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        pickle.dumps(("parsed", None)),
        pickle.dumps(("parsed", None, "much")),
        b"no pickle",
        b"",
    ],
)
def test_an_answer_that_cannot_be_read_is_our_fault_and_blames_no_feed(
    parsers: Parsers, answer: bytes
) -> None:
    read(parsers)
    (child,) = parsers._children
    ours, theirs = Pipe()
    child._pipe.close()
    child._pipe = ours
    theirs.send_bytes(answer)

    with pytest.raises(ParseFailed) as failed:
        read(parsers)
    assert failed.value.reason is Reason.LOCAL

    theirs.close()
    assert read(parsers).title == "Torin laidalta"


def test_a_child_that_grew_is_replaced() -> None:
    parsers = Parsers(workers=1, deadline=timedelta(seconds=20), defaults=DEFAULTS, recycle_bytes=1)
    try:
        read(parsers)
        assert parsers.pids == ()
    finally:
        parsers.close()


def test_many_threads_share_the_children() -> None:
    parsers = Parsers(workers=2, deadline=timedelta(seconds=20), defaults=DEFAULTS)
    titles: list[str] = []
    threads = [threading.Thread(target=lambda: titles.append(read(parsers).title)) for _ in "12345"]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert titles == ["Torin laidalta"] * 5
        assert len(parsers.pids) <= 2
    finally:
        parsers.close()


def test_closing_ends_the_children_and_says_so_to_whoever_still_asks(parsers: Parsers) -> None:
    read(parsers)
    (pid,) = parsers.pids
    parsers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ParseFailed) as failed:
        read(parsers)
    assert failed.value.reason is Reason.LOCAL


PARENT = textwrap.dedent("""
    import sys, threading
    from datetime import timedelta
    from zoneinfo import ZoneInfo
    from syndicator.parse.defaults import Defaults
    from syndicator.parse.pool import Parsers
    body = {body!r}
    defaults = Defaults(zone=ZoneInfo("Europe/Helsinki"), languages=("fi",))
    parsers = Parsers(workers=1, deadline=timedelta(seconds=20), defaults=defaults)
    def work():
        parsers.read(body, content_type=None, url="https://b.example/", language=None)
        print(*parsers.pids, flush=True)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    {end}
""")


def gone(pid: int) -> bool:
    """Wait a little for a process that is on its way out."""
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return True
        threading.Event().wait(0.02)
    return False


@pytest.mark.parametrize("end", ["", "import os; os.kill(os.getpid(), 9)"])
def test_no_child_outlives_its_parent(end: str) -> None:
    """Not at interpreter exit without close, and not when the parent is killed."""
    script = PARENT.format(body=FEED, end=end)
    parent = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert parent.stdout.strip().isdigit(), parent.stderr
    assert parent.stderr == ""
    assert gone(int(parent.stdout))


def test_children_know_nothing_of_web_or_store_and_parents_nothing_of_feedparser() -> None:
    """The whole tree of processes is to stay small."""

    def modules(name: str) -> set[str]:
        code = f"import {name}, sys; print(*sys.modules)"
        return set(
            subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT).split()
        )

    child, parent = modules("syndicator.parse.worker"), modules("syndicator.parse.pool")
    assert {"feedparser", "nh3"} <= child
    assert not child & {"sqlalchemy", "starlette", "syndicator.config", "lxml", "numpy", "pycurl"}
    assert not parent & {"feedparser", "nh3", "gcld3"}


@pytest.mark.parametrize("actor", [os.system, subprocess.Popen])
def test_an_answer_that_would_act_is_refused(actor: object) -> None:
    """A child that a body took over cannot take over its parent."""
    with pytest.raises(pickle.UnpicklingError):
        pool._loads(pickle.dumps((actor, "true", 0)))


@pytest.mark.parametrize("name", ["dataclass", "dataclass.__globals__", "ParsedFeed.__init__"])
def test_only_the_nouns_themselves_are_read_from_a_child(name: str) -> None:
    """What a module of nouns imports would lead to everything else in two steps."""
    words = (b"syndicator.model.parsed", name.encode())
    pushed = b"".join(b"\x8c" + bytes([len(word)]) + word for word in words)

    with pytest.raises(pickle.UnpicklingError, match="not a noun"):
        pool._loads(b"\x80\x04" + pushed + b"\x93.")


def test_passwords_do_not_reach_the_children(parsers: Parsers) -> None:
    os.environ["SYNDICATOR_SMTP_URL"] = "smtp://user:secret@relay.example"
    try:
        read(parsers)
        environment = Path(f"/proc/{parsers.pids[0]}/environ").read_bytes()
    finally:
        del os.environ["SYNDICATOR_SMTP_URL"]
    assert b"secret" not in environment
