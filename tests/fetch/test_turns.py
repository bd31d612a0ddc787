"""Rule F9 at the door, and what many threads, an early end and failures leave behind."""

from __future__ import annotations

import gc
import gzip
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from time import monotonic

import pytest

from syndicator.errors import FetchFailed, HostBusy, Stopped, Unreachable
from syndicator.fetch.arrival import Arrival
from syndicator.fetch.http import Limits
from syndicator.fetch.manners import Manners
from syndicator.model import Reason, Request
from tests.fetch.servers import LOOPBACK, Script, Server, client_for, hangs, moved, ok, serving

FEED = b"<rss>" + b"juttu " * 200 + b"</rss>"


def test_a_taken_host_is_busy_and_nothing_is_asked_f9() -> None:
    rules = Manners(unspaced=[LOOPBACK])
    with serving({"/": ok(FEED)}) as web, rules.visit() as other:
        other.enter("127.0.0.1")
        with pytest.raises(HostBusy):
            client_for(web.port, manners=rules).get(Request(url=web.url()))
    assert web.heard == []


def test_a_name_at_a_taken_address_is_busy_and_nothing_is_asked_f9() -> None:
    rules = Manners(unspaced=[LOOPBACK])
    with serving({"/": ok(FEED)}) as web, rules.visit() as other:
        other.enter("salo.example")
        other.reach("127.0.0.1")
        with pytest.raises(HostBusy):
            client_for(web.port, manners=rules).get(Request(url=web.url(host="localhost")))
        other.leave()
        answer = client_for(web.port, manners=rules).get(Request(url=web.url(host="localhost")))
    assert answer.status == 200
    assert len(web.heard) == 1


def test_the_slot_is_given_back_after_success_and_failure_f9() -> None:
    rules = Manners(unspaced=[LOOPBACK])
    with serving({"/": ok(FEED), "/bad": b""}) as web:
        client = client_for(web.port, manners=rules)
        for path, fails in (("/", False), ("/bad", True), ("/", False)):
            if fails:
                with pytest.raises(Unreachable):
                    client.get(Request(url=web.url(path)))
            else:
                client.get(Request(url=web.url(path)))


def test_hosts_are_spaced_by_default_f9() -> None:
    with serving({"/": ok(FEED)}) as web:
        client = client_for(web.port, manners=None)
        client.get(Request(url=web.url()))
        with pytest.raises(HostBusy):
            client.get(Request(url=web.url()))
    assert len(web.heard) == 1


def test_a_redirect_to_the_same_host_goes_through_though_spaced_f9() -> None:
    with serving({"/": moved(301, "/b"), "/b": ok(FEED)}) as web:
        assert client_for(web.port, manners=None).get(Request(url=web.url())).body == FEED


def test_a_later_hop_waits_a_moment_for_its_turn_rather_than_ask_the_first_again_f9() -> None:
    rules = Manners(unspaced=[LOOPBACK], spacing=timedelta(seconds=0.01))
    other = rules.visit()
    turns: list[str] = []

    def takes_the_target(connection: socket.socket, _: str) -> None:
        other.enter("localhost")
        turns.append("taken")
        connection.sendall(moved(302, f"http://localhost:{web.port}/b"))
        connection.settimeout(0.2)
        with suppress(TimeoutError):
            connection.recv(1)
        turns.append("left")
        other.leave()

    with serving({"/b": ok(FEED)}) as web:
        web.scripts["/"] = takes_the_target
        answer = client_for(web.port, manners=rules).get(Request(url=web.url()))

    assert answer.body == FEED
    assert turns == ["taken", "left"]
    assert len(web.asked("/")) == 1


def test_a_client_that_is_closed_waits_for_no_turn_f9() -> None:
    rules = Manners(unspaced=[LOOPBACK])
    other = rules.visit()

    def closes(connection: socket.socket, _: str) -> None:
        other.enter("localhost")
        connection.sendall(moved(302, f"http://localhost:{web.port}/b"))
        connection.recv(1)  # until the first hop is over
        client.close()

    with serving({"/": closes}) as web:
        client = client_for(web.port, manners=rules)
        started = monotonic()
        with pytest.raises((HostBusy, FetchFailed)):
            client.get(Request(url=web.url()))

    assert monotonic() - started < 3


# --- threads, shutdown, memory


def test_many_threads_share_one_client() -> None:
    with ExitStack() as stack:
        webs = [
            stack.enter_context(Server({"/": ok(b"<rss>%d</rss>" % n)}, host=f"127.0.0.{n + 1}"))
            for n in range(8)
        ]
        client = client_for(*(web.port for web in webs))

        def pull(web: Server) -> list[bytes]:
            return [client.get(Request(url=web.url())).body for _ in range(8)]

        with ThreadPoolExecutor(8) as pool:
            bodies = list(pool.map(pull, webs))

    assert bodies == [[b"<rss>%d</rss>" % n] * 8 for n in range(8)]


def test_closing_ends_what_is_under_way_as_our_own_doing() -> None:
    client = client_for()

    def closes(connection: socket.socket, _: str) -> None:
        client.close()
        connection.recv(1)

    with serving({"/": closes}) as web:
        client = client_for(web.port)
        started = monotonic()
        with pytest.raises(Stopped) as caught:
            client.get(Request(url=web.url()))

    assert caught.value.reason is Reason.LOCAL
    assert monotonic() - started < 4


@pytest.mark.parametrize("script", [ok(gzip.compress(bytes(3_000_000))), ok(FEED)[:-50], hangs])
def test_a_failed_answer_is_not_kept_in_memory_f11(script: Script | bytes) -> None:
    """Without the collector's help: a cycle would keep ten megabytes of each bomb for a while."""
    with serving({"/": script}) as web:
        client = client_for(
            web.port, limits=Limits(body_bytes=1_000_000, wall=timedelta(seconds=0.2))
        )
        gc.collect()
        gc.disable()
        try:
            reasons = []
            for _ in range(3):
                try:
                    client.get(Request(url=web.url()))
                except FetchFailed as error:
                    reasons.append(error.reason)
            left = [one for one in gc.get_objects() if isinstance(one, Arrival)]
        finally:
            gc.enable()
    assert len(reasons) == 3
    assert left == []
