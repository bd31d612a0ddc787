"""What a log line looks like, and what never stands in one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog

from syndicator import log


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Logging is the process's own: give it back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Return what was logged, read back."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_facts() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    log.get("fetch").info("feed fetched", source=12, new=3)

    (line,) = lines(stream)
    assert line["event"] == "feed fetched"
    assert (line["source"], line["new"], line["level"]) == (12, 3, "info")
    assert line["logger"] == "fetch"
    assert datetime.fromisoformat(str(line["timestamp"])).tzinfo is not None


def test_a_library_logs_in_the_same_form() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    logging.getLogger("uvicorn.error").warning("port %s taken", 8000)

    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("port 8000 taken", "warning")


def test_everyday_words_of_the_web_server_are_not_told_under_its_name_for_errors() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)

    assert lines(stream) == []


def test_a_logger_taken_before_configuring_follows_it() -> None:
    early = log.get("early")
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    early.info("started")

    assert [line["event"] for line in lines(stream)] == ["started"]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", ["maija.meikalainen@example.fi", "smtp://relay:salasana@host"])
def test_no_address_and_no_password_reaches_a_log(secret: str, *, as_json: bool) -> None:
    """S7: addresses and secrets never in logs, in whichever field or traceback they hide."""
    stream = io.StringIO()
    log.configure(json=as_json, stream=stream)

    log.get("deliver").info(f"mail to {secret} sent", to={"all": [secret]})
    try:
        raise ValueError(secret)
    except ValueError:
        log.get("deliver").exception("mail not sent")

    text = stream.getvalue()
    assert "meikalainen" not in text
    assert "salasana" not in text
    assert text.count("[address]") >= 3


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_of_a_querys_parameters_reaches_a_log(*, as_json: bool) -> None:
    stream = io.StringIO()
    log.configure(json=as_json, stream=stream)

    log.get("fetch").warning("source not read", detail="https://raahe.fi/feed?api_key=salasana: no")

    assert "salasana" not in stream.getvalue()
    assert "https://raahe.fi/feed?api_key=***: no" in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://h/db?user=x&password=p%2Fq", "postgresql://h/db?user=x&password=***"),
        ("https://a.fi/feed?token=abc#top gone", "https://a.fi/feed?token=***#top gone"),
        ("https://a.fi/?feed=rss2&Signature=1f", "https://a.fi/?feed=rss2&Signature=***"),
        ("https://a.fi/feed?k=0123456789abcdef0123456789", "https://a.fi/feed?k=***"),
        ("https://user:word@a.fi/feed", "https://***@a.fi/feed"),
        ("https://user@a.fi/a@b", "https://***@a.fi/a@b"),
        ("https://a.fi/?feed=rss2&cat=7", "https://a.fi/?feed=rss2&cat=7"),
        ("https://a.fi/feed?pw=a:b,c: gone", "https://a.fi/feed?pw=***: gone"),
        ("what? a=b", "what? a=b"),
    ],
)
def test_an_address_is_shown_without_its_secrets(text: str, shown: str) -> None:
    assert log.without_secrets(text) == shown


def test_a_multi_line_text_stays_one_line_for_machines() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    log.get("fetch").warning("feed refused", detail="first\nsecond")

    assert len(stream.getvalue().splitlines()) == 1


def test_apschedulers_every_minute_is_not_news() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)

    logging.getLogger("apscheduler.executors.default").info("Running job tick")

    assert stream.getvalue() == ""


def test_what_happens_at_each_request_is_logged_once_a_minute_with_how_often() -> None:
    stream, seconds = io.StringIO(), [0.0]
    log.configure(json=True, stream=stream)
    away = log.Seldom(log.get("web").warning, "database away", monotonic=lambda: seconds[0])

    for second in (0, 1, 59, 60, 61):
        seconds[0] = second
        away(detail=second)

    assert [(line["times"], line["detail"]) for line in lines(stream)] == [(1, 0), (3, 60)]


def test_what_strangers_cause_is_one_line_with_counts_and_none_without() -> None:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)
    tally = log.Tally(log.get("web"), "connections closed")
    for why in ("silent", "bad_request", "silent"):
        tally.add(why)

    assert tally.flush()
    assert not tally.flush()

    (line,) = lines(stream)
    assert (line["event"], line["silent"], line["bad_request"]) == ("connections closed", 2, 1)
