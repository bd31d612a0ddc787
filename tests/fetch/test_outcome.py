"""What an answer means for the source that was asked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import FetchFailed
from syndicator.fetch.outcome import LONGEST_ASKED, failure, outcome
from syndicator.fetch.pace import could_be_ours
from syndicator.model import Answer, Failed, Fetched, Reason, Response, Unchanged, Validators
from tests.fetch.sources import NOW, URL, a_response, a_source, hops

BODY_HASH = hashlib.sha256(b"<rss/>").hexdigest()


def answer_to(response: Response) -> Answer:
    answer = outcome(response, source=a_source(), now=NOW).answer
    assert answer is not None
    return answer


def wait_of(status: int = 200, **headers: str) -> timedelta | None:
    return answer_to(a_response(status, b"", **headers)).wait


def date(**ahead: float) -> str:
    return format_datetime(NOW + timedelta(**ahead), usegmt=True)


def test_new_bytes_are_fetched_with_their_hash() -> None:
    response = a_response(content_type="application/rss+xml; charset=utf-8", etag='W/"x"')

    assert outcome(response, source=a_source(), now=NOW) == Fetched(
        answer=Answer(url=URL, validators=Validators(etag='W/"x"')),
        body=b"<rss/>",
        body_hash=BODY_HASH,
        content_type="application/rss+xml; charset=utf-8",
    )


def test_the_same_bytes_are_unchanged_but_their_new_validators_are_kept_f14() -> None:
    result = outcome(a_response(etag='"2"'), source=a_source(body_hash=BODY_HASH), now=NOW)
    assert result == Unchanged(
        answer=Answer(url=URL, validators=Validators(etag='"2"')), body_bytes=6
    )


def test_304_is_unchanged() -> None:
    response = a_response(304, etag='"a"', last_modified="Mon, 02 Nov 2026 06:07:08 GMT")
    result = outcome(response, source=a_source(), now=NOW)
    assert isinstance(result, Unchanged)
    assert result.answer.validators == Validators(
        etag='"a"', last_modified="Mon, 02 Nov 2026 06:07:08 GMT"
    )


@pytest.mark.parametrize(
    ("conditional", "body_hash"), [(False, "0" * 64), (True, None), (False, None)]
)
def test_304_without_a_condition_is_a_failure(*, conditional: bool, body_hash: str | None) -> None:
    response = replace(a_response(304), conditional=conditional)
    result = outcome(response, source=a_source(body_hash=body_hash), now=NOW)
    assert isinstance(result, Failed)
    assert result.reason is Reason.STATUS
    assert "304" in result.detail


@pytest.mark.parametrize("body_hash", [None, "0" * 64])
@pytest.mark.parametrize(
    "reason", [Reason.NOT_A_FEED, Reason.UNREADABLE, Reason.EMPTY, Reason.ENCODING]
)
def test_a_304_for_what_is_no_feed_is_the_same_failure_again(
    reason: Reason, body_hash: str | None
) -> None:
    source = a_source(reason=reason, detail="an HTML page", body_hash=body_hash)
    result = outcome(a_response(304, etag='"a"'), source=source, now=NOW)
    assert result == Failed(
        reason=reason,
        detail="an HTML page",
        answer=Answer(url=URL, validators=Validators(etag='"a"')),
    )


@pytest.mark.parametrize("reason", [Reason.NOT_A_FEED, Reason.UNREADABLE])
def test_the_last_good_bytes_come_back_as_a_recovery(reason: Reason) -> None:
    source = a_source(reason=reason, body_hash=BODY_HASH)
    assert isinstance(outcome(a_response(), source=source, now=NOW), Fetched)


def test_the_same_bytes_are_read_again_if_reading_them_failed_by_our_fault() -> None:
    source = a_source(reason=Reason.PARSE_TIMEOUT, body_hash=BODY_HASH)
    assert isinstance(outcome(a_response(), source=source, now=NOW), Fetched)


def test_recovery_after_a_server_error_with_the_same_bytes_is_unchanged() -> None:
    source = a_source(reason=Reason.SERVER, body_hash=BODY_HASH)
    assert isinstance(outcome(a_response(), source=source, now=NOW), Unchanged)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, Reason.STATUS),
        (206, Reason.STATUS),
        (300, Reason.STATUS),
        (305, Reason.STATUS),
        (400, Reason.STATUS),
        (401, Reason.DENIED),
        (402, Reason.DENIED),
        (403, Reason.DENIED),
        (404, Reason.MISSING),
        (406, Reason.STATUS),
        (407, Reason.DENIED),
        (410, Reason.GONE),
        (429, Reason.THROTTLED),
        (451, Reason.DENIED),
        (500, Reason.SERVER),
        (502, Reason.SERVER),
        (503, Reason.BUSY),
        (504, Reason.SERVER),
        (599, Reason.SERVER),
    ],
)
def test_each_status_has_its_reason_and_never_validators(status: int, reason: Reason) -> None:
    result = outcome(a_response(status, etag='"a"'), source=a_source(), now=NOW)
    assert isinstance(result, Failed)
    assert result.reason is reason
    assert str(status) in result.detail
    assert result.answer == Answer(url=URL)


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_an_empty_body_is_a_failure_whose_validators_are_not_kept(body: bytes) -> None:
    result = outcome(a_response(body=body, etag='"a"'), source=a_source(), now=NOW)
    assert isinstance(result, Failed)
    assert result.reason is Reason.EMPTY
    assert result.answer == Answer(url=URL)


@pytest.mark.parametrize(
    "reason",
    [Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.TLS, Reason.ADDRESS, Reason.LOCAL],
)
def test_where_no_server_was_reached_there_is_no_answer(reason: Reason) -> None:
    error = FetchFailed(URL, reason, "no such host")
    assert failure(error) == Failed(reason=reason, detail="no such host", answer=None)


@pytest.mark.parametrize(
    "reason",
    [Reason.SIZE, Reason.TRUNCATED, Reason.PROTOCOL, Reason.REDIRECTS, Reason.CERTIFICATE],
)
def test_a_server_that_spoke_badly_did_speak_f10(reason: Reason) -> None:
    """So it counts as proof that our own network works."""
    assert failure(FetchFailed(URL, reason, "")).answer == Answer(url=URL)
    assert not could_be_ours(reason)


# --- F3, F4: what the server asks for


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache_control": "max-age=3600"}, 3600),
        ({"cache_control": "public, MAX-AGE = 7200"}, 7200),
        ({"cache_control": 'private,max-age="60"'}, 60),
        ({"cache_control": "max-age=60, max-age=90"}, 90),
        ({"cache_control": "s-maxage=9999"}, None),
        ({"cache_control": "s-maxage=9999, max-age=10"}, 10),
        ({"cache_control": "x-max-age=9999"}, None),
        ({"cache_control": "max-age=0"}, None),
        ({"cache_control": "max-age=-5"}, None),
        ({"cache_control": "no-cache"}, None),
        ({"cache_control": "max-age=60", "expires": date(hours=5)}, 60),
        ({"cache_control": "max-age=0", "expires": date(hours=5)}, None),
        ({"expires": date(hours=2)}, 7200),
        ({"expires": date(hours=2), "date": date(hours=1)}, 3600),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": "Wed, 11 Jan 1984 05:00:00 GMT"}, None),
        ({"retry_after": "120"}, 120),
        ({"retry_after": " 120 "}, 120),
        ({"retry_after": "-120"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "1.5"}, None),
        ({"retry_after": "٣"}, None),
        ({"retry_after": date(seconds=90)}, 90),
        ({"retry_after": date(seconds=-90)}, None),
        ({"retry_after": date(hours=3), "date": date(hours=2)}, 3600),
        ({"retry_after": "60", "cache_control": "max-age=600"}, 600),
        ({"retry_after": "600", "cache_control": "max-age=60"}, 600),
    ],
)
@pytest.mark.parametrize("status", [200, 304, 429, 503])
def test_the_wait_is_what_the_server_asked_for(
    headers: dict[str, str], seconds: int | None, status: int
) -> None:
    wait = None if seconds is None else timedelta(seconds=seconds)
    assert wait_of(status, **headers) == wait


@pytest.mark.parametrize("digits", ["99999999999", "9" * 400])
def test_a_number_that_is_no_time_any_more_is_bounded(digits: str) -> None:
    assert wait_of(429, retry_after=digits) == LONGEST_ASKED
    assert wait_of(200, cache_control=f"max-age={digits}") == LONGEST_ASKED


def test_more_than_a_week_is_kept_as_asked_so_that_people_can_be_told_f4() -> None:
    assert wait_of(429, retry_after="99999999") == timedelta(seconds=99999999)


@given(
    st.sampled_from([200, 304, 429, 500]),
    st.dictionaries(
        st.sampled_from(["date", "expires", "retry_after", "cache_control"]), st.text(max_size=40)
    ),
)
def test_no_header_whatever_breaks_the_reading(status: int, headers: dict[str, str]) -> None:
    wait = wait_of(status, **headers)
    assert wait is None or timedelta(0) < wait <= LONGEST_ASKED


# --- F1, F8


@pytest.mark.parametrize("value", ['"a"', 'W/"a"', "a b, c", '"\xe4\xf6"', "x" * 4096])
def test_validators_are_kept_byte_for_byte_f1(value: str) -> None:
    answer = answer_to(a_response(etag=value, last_modified=value))
    assert answer.validators == Validators(etag=value, last_modified=value)


def test_a_validator_too_long_to_send_back_is_none_f1() -> None:
    assert not answer_to(a_response(etag="x" * 4097)).validators


def test_an_empty_validator_is_none_f1() -> None:
    assert answer_to(a_response(etag="", last_modified="")).validators == Validators()


@pytest.mark.parametrize(
    ("statuses", "moves"),
    [
        ((), False),
        ((301,), True),
        ((308,), True),
        ((301, 308, 301), True),
        ((301, 302), False),
        ((302, 301), False),
        ((303,), False),
        ((307,), False),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_an_address_moves_only_if_every_hop_is_permanent_f8(
    statuses: tuple[int, ...], *, moves: bool, status: int
) -> None:
    response = replace(a_response(status), hops=hops(*statuses))
    assert answer_to(response).moved_to == (URL if moves else None)


@pytest.mark.parametrize("status", [404, 410, 500])
def test_nothing_moves_to_an_address_that_fails_f8(status: int) -> None:
    response = replace(a_response(status), hops=hops(301))
    assert answer_to(response).moved_to is None
