"""The whole stage: a body in, a ``ParsedFeed`` out."""

from __future__ import annotations

import pytest

from syndicator.errors import ParseFailed
from syndicator.model import Reason
from syndicator.parse import document


def read(body: bytes) -> object:
    return document.read(body, content_type=None, url="https://blogi.example/feed", language="fi")


def test_an_empty_body_is_told_apart_from_one_that_is_no_feed() -> None:
    with pytest.raises(ParseFailed) as empty:
        read(b" \n")
    with pytest.raises(ParseFailed) as page:
        read(b"<!DOCTYPE html><html><title>Kirjaudu</title></html>")
    assert (empty.value.reason, page.value.reason) == (Reason.EMPTY, Reason.NOT_A_FEED)
