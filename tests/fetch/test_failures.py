"""Every way a pull can fail has its own reason, in bounded time."""

from __future__ import annotations

import gzip
import socket
from datetime import timedelta
from time import monotonic

import pycurl
import pytest

from syndicator.errors import FetchFailed, Oversized, Refused, Unreachable, Untrusted
from syndicator.fetch.http import _REASONS, Limits, failed
from syndicator.model import Reason
from tests.fetch.servers import Script, failure, hangs, moved, ok, reset, serving

FEED = b"<rss>" + b"juttu " * 200 + b"</rss>"
SHORT = Limits(wall=timedelta(seconds=0.4))


def broken_off(connection: socket.socket, _: str) -> None:
    connection.sendall(ok(FEED)[:300])
    reset(connection)


def drips(connection: socket.socket, _: str) -> None:
    connection.settimeout(0.03)
    connection.sendall(ok(FEED)[:-1100])
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b"x")


def drips_headers(connection: socket.socket, _: str) -> None:
    connection.settimeout(0.03)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b"X: y\r\n")


def resets_at_once(connection: socket.socket, _: str) -> None:
    reset(connection)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "kind", "reason"),
    [
        (ok(FEED)[:-200], Unreachable, Reason.TRUNCATED),
        (CHUNKED + b"5\r\n<rss>\r\n", Unreachable, Reason.TRUNCATED),
        (CHUNKED + b"zz\r\n", Unreachable, Reason.TRUNCATED),
        (broken_off, Unreachable, Reason.TRUNCATED),
        (b"HTTP/1.1 200 OK\r\nETag: a\r\n", Unreachable, Reason.TRUNCATED),
        (b"HTTP/1.1 200", Unreachable, Reason.CONNECT),
        (
            ok(gzip.compress(FEED, mtime=0)[:-20], "Content-Encoding: gzip"),
            FetchFailed,
            Reason.TRUNCATED,
        ),
        (ok(b"\x8b\x05\x80brotli", "Content-Encoding: br"), FetchFailed, Reason.ENCODING),
        (ok(b"\x1f\x8b\x07" + FEED, "Content-Encoding: gzip"), FetchFailed, Reason.ENCODING),
        (b"", Unreachable, Reason.CONNECT),
        (resets_at_once, Unreachable, Reason.CONNECT),
        (b"\x00\xff<rss>no http here\r\n\r\n", FetchFailed, Reason.PROTOCOL),
        (b"SSH-2.0-OpenSSH_9.6\r\n", FetchFailed, Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", FetchFailed, Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nA\0B: c\r\n\r\n", FetchFailed, Reason.PROTOCOL),
        (hangs, Unreachable, Reason.TIMEOUT),
        (drips, Oversized, Reason.TIMEOUT),
        (drips_headers, Oversized, Reason.TIMEOUT),
    ],
)
def test_each_way_to_fail_has_its_reason_f11(
    script: Script | bytes, kind: type[FetchFailed], reason: Reason
) -> None:
    with serving({"/": script}) as web:
        started = monotonic()
        error = failure(web.url(), web.port, limits=SHORT)
        took = monotonic() - started

    assert (type(error), error.reason) == (kind, reason)
    assert error.url == web.url()
    assert error.detail
    assert took < 3


def test_the_wall_clock_is_for_the_whole_chain_f11() -> None:
    def slow(connection: socket.socket, head: str) -> None:
        connection.settimeout(0.15)
        try:
            connection.recv(1)
        except TimeoutError:
            connection.sendall(moved(302, head.split(" ")[1] + "x"))

    with serving({f"/{'x' * n}": slow for n in range(6)}) as web:
        error = failure(web.url(), web.port, limits=SHORT)

    assert error.reason is Reason.TIMEOUT
    assert len(web.heard) < 5


def test_a_port_where_nobody_listens_is_connect() -> None:
    with serving({}) as web:
        port = web.port
    error = failure(f"http://127.0.0.1:{port}/", port)
    assert (type(error), error.reason) == (Unreachable, Reason.CONNECT)


def test_a_name_that_nobody_knows_is_dns() -> None:
    """A label of 64 letters is refused by every resolver without asking anybody."""
    error = failure(f"http://{'a' * 64}.invalid/")
    assert (type(error), error.reason) == (Unreachable, Reason.DNS)


ELSEWHERE = ("FTP", "LDAP", "TFTP", "TELNET", "RTSP", "MULTI", "SSH", "REMOTE", "FILE_")
OURS = {
    "ABORTED_BY_CALLBACK", "AGAIN", "ALREADY_COMPLETE", "BAD_CALLING_ORDER",
    "BAD_DOWNLOAD_RESUME", "BAD_FUNCTION_ARGUMENT", "BAD_PASSWORD_ENTERED", "CALL_MULTI_PERFORM",
    "CHUNK_FAILED", "CONV_FAILED", "CONV_REQD", "COULDNT_RESOLVE_PROXY", "FAILED_INIT",
    "FUNCTION_NOT_FOUND", "INTERFACE_FAILED", "LIBRARY_NOT_FOUND", "LOGIN_DENIED",
    "NOT_BUILT_IN", "NO_CONNECTION_AVAILABLE", "OUT_OF_MEMORY", "QUOTE_ERROR", "RANGE_ERROR",
    "READ_ERROR", "SEND_FAIL_REWIND", "SHARE_IN_USE", "SSL_CACERT_BADFILE", "SSL_CRL_BADFILE",
    "SSL_ENGINE_INITFAILED", "SSL_ENGINE_NOTFOUND", "SSL_ENGINE_SETFAILED", "UNKNOWN_OPTION",
    "UPLOAD_FAILED", "HTTP_PORT_FAILED", "UNKNOWN_TELNET_OPTION", "URL_MALFORMAT_USER",
    "WRITE_ERROR", "OK", "MALFORMAT_USER",
}  # fmt: skip


def test_every_error_of_the_library_is_either_mapped_or_known_to_be_ours() -> None:
    forgotten = {
        name: code
        for full in dir(pycurl)
        if full.startswith("E_")
        and (code := getattr(pycurl, full)) not in _REASONS
        and not (name := full.removeprefix("E_")).startswith(ELSEWHERE)
        and name not in OURS
    }
    assert forgotten == {}


@pytest.mark.parametrize(
    ("code", "answering", "kind", "reason"),
    [
        (pycurl.E_COULDNT_RESOLVE_HOST, False, Unreachable, Reason.DNS),
        (pycurl.E_COULDNT_CONNECT, False, Unreachable, Reason.CONNECT),
        (pycurl.E_GOT_NOTHING, False, Unreachable, Reason.CONNECT),
        (pycurl.E_SEND_ERROR, False, Unreachable, Reason.CONNECT),
        (pycurl.E_RECV_ERROR, False, Unreachable, Reason.CONNECT),
        (pycurl.E_RECV_ERROR, True, Unreachable, Reason.TRUNCATED),
        (pycurl.E_SEND_ERROR, True, Unreachable, Reason.TRUNCATED),
        (pycurl.E_PARTIAL_FILE, True, Unreachable, Reason.TRUNCATED),
        (pycurl.E_OPERATION_TIMEDOUT, False, Unreachable, Reason.TIMEOUT),
        (pycurl.E_OPERATION_TIMEDOUT, True, Oversized, Reason.TIMEOUT),
        (pycurl.E_PEER_FAILED_VERIFICATION, False, Untrusted, Reason.CERTIFICATE),
        (pycurl.E_SSL_CACERT, False, Untrusted, Reason.CERTIFICATE),
        (pycurl.E_SSL_ISSUER_ERROR, False, Untrusted, Reason.CERTIFICATE),
        (pycurl.E_SSL_INVALIDCERTSTATUS, False, Untrusted, Reason.CERTIFICATE),
        (pycurl.E_SSL_PINNEDPUBKEYNOTMATCH, False, Untrusted, Reason.CERTIFICATE),
        (pycurl.E_SSL_CONNECT_ERROR, False, Untrusted, Reason.TLS),
        (pycurl.E_SSL_CERTPROBLEM, False, Untrusted, Reason.TLS),
        (pycurl.E_SSL_CIPHER, False, Untrusted, Reason.TLS),
        (pycurl.E_SSL_SHUTDOWN_FAILED, False, Untrusted, Reason.TLS),
        (pycurl.E_UNSUPPORTED_PROTOCOL, True, FetchFailed, Reason.PROTOCOL),
        (pycurl.E_FTP_WEIRD_SERVER_REPLY, True, FetchFailed, Reason.PROTOCOL),
        (pycurl.E_HTTP2, True, FetchFailed, Reason.PROTOCOL),
        (pycurl.E_BAD_CONTENT_ENCODING, True, FetchFailed, Reason.ENCODING),
        (pycurl.E_FILESIZE_EXCEEDED, True, Oversized, Reason.SIZE),
        (100, True, Oversized, Reason.HEADERS),
        (pycurl.E_TOO_MANY_REDIRECTS, True, FetchFailed, Reason.REDIRECTS),
        (pycurl.E_URL_MALFORMAT, False, FetchFailed, Reason.ADDRESS),
        (pycurl.E_OUT_OF_MEMORY, False, Unreachable, Reason.LOCAL),
        (pycurl.E_SSL_CACERT_BADFILE, False, Unreachable, Reason.LOCAL),
        (9999, False, Unreachable, Reason.LOCAL),
    ],
)
def test_each_error_of_the_library_has_its_reason(
    code: int, *, answering: bool, kind: type[FetchFailed], reason: Reason
) -> None:
    url = "https://raahe.example/"
    error = failed(url, code=code, message="", resolved=True, answering=answering)
    assert (type(error), error.reason) == (kind, reason)
    assert error.detail


def test_a_name_not_resolved_in_time_is_dns() -> None:
    error = failed(
        "https://raahe.example/",
        code=pycurl.E_OPERATION_TIMEDOUT,
        message="Resolving timed out",
        resolved=False,
        answering=False,
    )
    assert (type(error), error.reason) == (Unreachable, Reason.DNS)


def test_refusals_are_not_unreachable() -> None:
    assert isinstance(failure("http://127.0.0.1:1/"), Refused)
