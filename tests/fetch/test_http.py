"""The only door to the web, against a real server on loopback."""

from __future__ import annotations

import gzip
from ipaddress import ip_network

import pytest
from pytest_httpserver import HTTPServer

from syndicator.errors import Refused
from syndicator.fetch.guard import Guard
from syndicator.fetch.http import Client
from syndicator.model import Reason, Request, Validators


def client(server: HTTPServer) -> Client:
    guard = Guard(allow_networks=[ip_network("127.0.0.0/8")], allow_ports={server.port})
    return Client(agent="syndicator/0.1.0 (+https://verkosto.example)", guard=guard)


def test_a_body_comes_back_unpacked_with_its_headers(httpserver: HTTPServer) -> None:
    packed = gzip.compress(b"<rss>juttu</rss>")
    headers = {"Content-Encoding": "gzip", "ETag": 'W/"x"'}
    httpserver.expect_request("/feed").respond_with_data(packed, headers=headers)

    answer = client(httpserver).get(Request(url=httpserver.url_for("/feed")))

    assert answer.status == 200
    assert answer.body == b"<rss>juttu</rss>"
    assert answer.headers["etag"] == 'W/"x"'


def test_validators_go_out_as_they_came_f1(httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/feed")
    httpserver.expect_request("/feed", headers={"If-None-Match": 'W/"x"'}).respond_with_data(
        status=304
    )

    answer = client(httpserver).get(Request(url=url, validators={url: Validators(etag='W/"x"')}))

    assert (answer.status, answer.conditional) == (304, True)


def test_loopback_is_refused_unless_allowed_f12(httpserver: HTTPServer) -> None:
    stranger = Client(agent="x", guard=Guard(allow_ports={httpserver.port}))

    with pytest.raises(Refused) as caught:
        stranger.get(Request(url=f"http://localhost:{httpserver.port}/"))

    assert caught.value.reason is Reason.ADDRESS
