"""Rule F1: who asks again, asks with what the server gave."""

from __future__ import annotations

import pytest

from syndicator.fetch.request import request
from syndicator.model import Reason, Validators
from tests.fetch.sources import URL, a_source

TARGET = "https://www.raahe.example/feed/"
KNOWN = {URL: Validators(etag='W/"a"'), TARGET: Validators(last_modified="eilen")}


def test_a_source_read_before_is_asked_with_each_urls_own_validators() -> None:
    assert request(a_source(), validators=KNOWN).validators == KNOWN


def test_the_first_request_is_unconditional_even_if_another_source_knows_the_url() -> None:
    assert request(a_source(body_hash=None), validators=KNOWN).validators == {}


@pytest.mark.parametrize("reason", [Reason.NOT_A_FEED, Reason.UNREADABLE])
def test_what_is_no_feed_is_asked_for_conditionally_too(reason: Reason) -> None:
    source = a_source(body_hash=None, reason=reason)
    assert request(source, validators=KNOWN).validators == KNOWN


@pytest.mark.parametrize("reason", [Reason.PARSE_TIMEOUT, Reason.LOCAL])
def test_bytes_that_we_failed_to_read_are_asked_for_again(reason: Reason) -> None:
    assert request(a_source(reason=reason), validators=KNOWN).validators == {}


def test_a_server_that_failed_is_still_asked_conditionally() -> None:
    assert request(a_source(reason=Reason.SERVER), validators=KNOWN).validators == KNOWN


def test_empty_validators_are_none() -> None:
    assert request(a_source(), validators={URL: Validators()}).validators == {}


def test_nothing_is_added_to_the_address_f5() -> None:
    assert request(a_source(url=URL + "?feed=rss2"), validators={}).url == URL + "?feed=rss2"
