"""The only door to the web: one polite, guarded GET at a time, by libcurl.

libcurl resolves, connects and reads. What it might do by itself is off (redirects, proxies,
cookies, unpacking, kept connections), because each is a rule of ours: every hop is checked (F12),
waits its turn (F9), carries the validators of its own URL (F8), stays within limits (F11).
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from urllib.parse import urlencode

import certifi
import pycurl

from syndicator.errors import (
    FetchFailed,
    HostBusy,
    Oversized,
    Refused,
    Stopped,
    Unreachable,
    Untrusted,
)
from syndicator.fetch.arrival import Arrival
from syndicator.fetch.guard import Guard
from syndicator.fetch.manners import Manners, Visit
from syndicator.fetch.url import follow, target
from syndicator.model import Hop, Monotonic, Reason, Request, Response, Validators

REDIRECTS = frozenset({301, 302, 303, 307, 308})

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much of an answer we take (F11). ``wall`` is for the whole chain of hops."""

    body_bytes: int = 10 * 1024 * 1024
    header_bytes: int = 64 * 1024
    redirects: int = 5
    wall: timedelta = timedelta(seconds=30)
    connect: timedelta = timedelta(seconds=10)


PATIENCE = timedelta(seconds=5)
"""How long a later hop waits for its slot: put back, the source would ask its first hop again."""

_QUICK_EXIT = 322
"""CURLOPT_QUICK_EXIT, nameless in pycurl: closing a handle waits for no resolver thread."""

_CODES: dict[Reason, tuple[int, ...]] = {
    Reason.DNS: (pycurl.E_COULDNT_RESOLVE_HOST,),
    # Closed or broken before a byte of an answer: to us the same as never having got through.
    Reason.CONNECT: (
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_GOT_NOTHING,
        pycurl.E_SEND_ERROR,
        pycurl.E_RECV_ERROR,
    ),
    Reason.TIMEOUT: (pycurl.E_OPERATION_TIMEDOUT,),
    Reason.CERTIFICATE: (
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_PINNEDPUBKEYNOTMATCH,
    ),
    Reason.TLS: (
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_SHUTDOWN_FAILED,
        pycurl.E_USE_SSL_FAILED,
    ),
    Reason.TRUNCATED: (pycurl.E_PARTIAL_FILE,),
    Reason.PROTOCOL: (
        pycurl.E_UNSUPPORTED_PROTOCOL,
        pycurl.E_FTP_WEIRD_SERVER_REPLY,
        pycurl.E_HTTP2,
        pycurl.E_HTTP_POST_ERROR,
        pycurl.E_HTTP_RANGE_ERROR,
        pycurl.E_HTTP_RETURNED_ERROR,
    ),
    Reason.ENCODING: (pycurl.E_BAD_CONTENT_ENCODING,),
    Reason.SIZE: (pycurl.E_FILESIZE_EXCEEDED,),
    Reason.HEADERS: (100,),  # CURLE_TOO_LARGE, which pycurl has no name for
    Reason.REDIRECTS: (pycurl.E_TOO_MANY_REDIRECTS,),
    Reason.ADDRESS: (pycurl.E_URL_MALFORMAT,),
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes}
_UNREACHABLE = frozenset(
    {Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.TRUNCATED, Reason.LOCAL}
)
_UNTRUSTED = frozenset({Reason.CERTIFICATE, Reason.TLS})
_OVERSIZED = frozenset({Reason.SIZE, Reason.HEADERS})


def failed(url: str, *, code: int, message: str, resolved: bool, answering: bool) -> FetchFailed:
    """Return the error that libcurl's ``code`` means; what nobody foresaw is LOCAL, our own fault.

    Args:
        resolved: True if an address of the host became known.
        answering: True if the server had begun to answer.
    """
    reason = _REASONS.get(code, Reason.LOCAL)
    if answering and reason is Reason.CONNECT:
        reason = Reason.TRUNCATED
    if not resolved and reason is Reason.TIMEOUT:
        reason = Reason.DNS
    detail = message[:200] or f"error {code}"
    if reason in _OVERSIZED or (answering and reason is Reason.TIMEOUT):
        return Oversized(url, reason, detail)
    if reason in _UNTRUSTED:
        return Untrusted(url, reason, detail)
    if reason in _UNREACHABLE:
        return Unreachable(url, reason, detail)
    return FetchFailed(url, reason, detail)


class Client:
    """Asks servers, politely. Thread-safe; a thread more is a connection more.

    Args:
        agent: User-Agent, with a contact address in it (F7).
        manners: slots shared with others; by default its own, spaced by a second.
        ca_file: certificates to trust; by default SSL_CERT_FILE or certifi's.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        agent: str,
        guard: Guard,
        limits: Limits | None = None,
        manners: Manners | None = None,
        ca_file: str | None = None,
        clock: Monotonic = time.monotonic,
    ) -> None:
        self._headers = _headers(agent)
        self._guard = guard
        self._limits = limits or Limits()
        self._manners = manners or Manners()
        self._ca_file = ca_file or os.environ.get("SSL_CERT_FILE") or certifi.where()
        self._clock = clock
        self._idle: deque[pycurl.Curl] = deque()
        self._closing = Event()

    def get(self, request: Request) -> Response:
        """Return the answer to ``request``, whatever its status, after at most five redirects.

        Each hop carries the validators of its own URL and no other's. A body is read only where it
        is the content asked for (200, 203).

        Raises:
            HostBusy: the host or its address is taken; nothing was asked yet, come back later.
            Refused: the guard forbids a hop, or there are too many.
            Unreachable, Untrusted, Oversized, FetchFailed: no complete answer came; see ``reason``.
        """
        wall = self._limits.wall if request.within is None else request.within
        deadline = self._clock() + min(wall, self._limits.wall).total_seconds()
        url, hops, wire_bytes = request.url, list[Hop](), 0
        with self._manners.visit() as visit:
            while True:
                validators = request.validators.get(url) or Validators()
                headers = [*self._headers, *_conditions(validators)]
                arrival = self._hop(
                    url, visit=visit, headers=headers, deadline=deadline, patient=bool(hops)
                )
                wire_bytes += arrival.wire_bytes
                if arrival.status not in REDIRECTS:
                    break
                hop = self._redirect(url, arrival, hops)
                hops.append(hop)
                url = hop.target
        return _response(url, arrival, hops=hops, validators=validators, wire_bytes=wire_bytes)

    def post(self, url: str, *, form: Mapping[str, str]) -> Response:
        """Return the answer to one form sent to ``url`` (a hub's ping); redirects are not followed.

        Raises:
            as ``get``.
        """
        deadline = self._clock() + self._limits.wall.total_seconds()
        with self._manners.visit() as visit:
            arrival = self._hop(
                url,
                visit=visit,
                headers=self._headers,
                deadline=deadline,
                patient=True,
                form=urlencode(form),
            )
        return _response(
            url, arrival, hops=[], validators=Validators(), wire_bytes=arrival.wire_bytes
        )

    def close(self) -> None:
        """End what is under way within a second or so (as LOCAL failures) and free the handles."""
        self._closing.set()
        while self._idle:
            self._idle.pop().close()

    def _hop(
        self,
        url: str,
        *,
        visit: Visit,
        headers: list[bytes],
        deadline: float,
        patient: bool,
        form: str | None = None,
    ) -> Arrival:
        where = self._guard.check_url(url)
        give_up = min(deadline, self._clock() + PATIENCE.total_seconds()) if patient else 0.0
        while True:
            try:
                visit.enter(where.host)
                return self._exchange(
                    url, wire=where.wire, visit=visit, headers=headers, deadline=deadline, form=form
                )
            except HostBusy as busy:
                visit.leave()
                wait = busy.wait.total_seconds()
                if self._clock() + wait > give_up or self._closing.wait(wait):
                    raise

    def _exchange(
        self,
        url: str,
        *,
        wire: str,
        visit: Visit,
        headers: list[bytes],
        deadline: float,
        form: str | None,
    ) -> Arrival:
        left = deadline - self._clock()
        if left <= 0:
            raise Oversized(url, Reason.TIMEOUT, f"no answer within {self._limits.wall}")
        arrival = Arrival(
            url=url,
            guard=self._guard,
            visit=visit,
            body_limit=self._limits.body_bytes,
            header_limit=self._limits.header_bytes,
        )
        curl = self._handle()
        try:
            self._configure(curl, wire=wire, headers=headers, left=left, form=form)
            curl.setopt(pycurl.OPENSOCKETFUNCTION, arrival.open_socket)
            curl.setopt(pycurl.HEADERFUNCTION, arrival.take_header)
            curl.setopt(pycurl.WRITEFUNCTION, arrival.take_body)
            curl.perform()
        except pycurl.error as error:
            if not arrival.answered:
                raise self._why(url, arrival, error) from error
        finally:
            arrival.close_sockets()
            self._put_back(curl)
        if not arrival.complete_head:
            raise Unreachable(url, Reason.TRUNCATED, "the answer ends within its headers")
        return arrival

    def _why(self, url: str, arrival: Arrival, error: pycurl.error) -> FetchFailed | HostBusy:
        """Return why no answer came. It is returned, not raised, and named by no variable: an
        exception that its own traceback holds on to would keep the body alive with it."""
        code, *words = error.args
        if code == pycurl.E_ABORTED_BY_CALLBACK:
            return Stopped(url, Reason.LOCAL, "we stopped before the answer came")
        return arrival.give_up(connecting=code == pycurl.E_COULDNT_CONNECT) or failed(
            url,
            code=int(code),
            message=" ".join(map(str, words)),
            resolved=arrival.resolved,
            answering=arrival.header_bytes > 0,
        )

    def _redirect(self, url: str, arrival: Arrival, hops: list[Hop]) -> Hop:
        location = arrival.headers.get("location")
        if not location:
            raise Refused(
                url, Reason.REDIRECT_TARGET, f"status {arrival.status} without a Location"
            )
        goal = follow(location, base=url)
        seen = {target(hop.url).wire for hop in hops} | {target(url).wire}
        if goal in seen:
            raise Refused(url, Reason.REDIRECTS, f"redirects in a circle, to {goal}")
        if len(hops) >= self._limits.redirects:
            most = self._limits.redirects
            raise Refused(url, Reason.REDIRECTS, f"more than {most} redirects")
        return Hop(url=url, status=arrival.status, target=goal)

    def _configure(
        self, curl: pycurl.Curl, *, wire: str, headers: list[bytes], left: float, form: str | None
    ) -> None:
        curl.setopt(pycurl.URL, wire)
        curl.setopt(pycurl.HTTPHEADER, headers)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.HTTP_CONTENT_DECODING, 0)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.NOPROXY, "*")
        curl.setopt(pycurl.NOSIGNAL, 1)
        # A kept connection would be used without asking the guard and the manners again, and an
        # hour passes before this host is asked the next time. With one request a connection,
        # HTTP/2 has nothing to give.
        curl.setopt(pycurl.FORBID_REUSE, 1)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        curl.setopt(pycurl.CAINFO, self._ca_file)
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(left * 1000)))
        connect = min(left, self._limits.connect.total_seconds())
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(connect * 1000)))
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, self._stop_asked)
        if form is not None:
            curl.setopt(pycurl.POSTFIELDS, form)

    def _stop_asked(self, *_: int) -> int:
        return 1 if self._closing.is_set() else 0

    def _handle(self) -> pycurl.Curl:
        try:
            return self._idle.pop()
        except IndexError:
            return pycurl.Curl()

    def _put_back(self, curl: pycurl.Curl) -> None:
        # reset() forgets the options but keeps the parsed certificates, dearer than the GET itself.
        curl.reset()
        curl.setopt(_QUICK_EXIT, 1)
        if self._closing.is_set():
            curl.close()
        else:
            self._idle.append(curl)


def _headers(agent: str) -> list[bytes]:
    return [
        b"User-Agent: " + agent.encode("latin-1", "replace"),
        b"Accept: " + ACCEPT.encode(),
        b"Accept-Encoding: gzip",
    ]


def _conditions(validators: Validators) -> list[bytes]:
    """Return the conditional headers, byte for byte as the server gave them."""
    named = (
        (b"If-None-Match: ", validators.etag),
        (b"If-Modified-Since: ", validators.last_modified),
    )
    return [name + value.encode("latin-1", "replace") for name, value in named if value is not None]


def _response(
    url: str, arrival: Arrival, *, hops: list[Hop], validators: Validators, wire_bytes: int
) -> Response:
    headers = dict(arrival.headers)
    if arrival.status == 304:
        # A 304 need not repeat the validators it confirms (RFC 9111 4.3.4).
        if validators.etag is not None:
            headers.setdefault("etag", validators.etag)
        if validators.last_modified is not None:
            headers.setdefault("last-modified", validators.last_modified)
    return Response(
        url=url,
        status=arrival.status,
        headers=headers,
        body=arrival.body(),
        hops=tuple(hops),
        wire_bytes=wire_bytes,
        conditional=bool(validators),
    )
