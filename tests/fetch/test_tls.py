"""Rule F13: whom we talk to over TLS is verified, and a certificate failure is its own reason."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from syndicator.errors import Unreachable, Untrusted
from syndicator.fetch.http import Limits
from syndicator.model import Reason, Request
from tests.fetch.servers import Server, client_for, failure, hangs, header, ok, serving

FEED = b"<rss>juttu</rss>"
SHORT = Limits(wall=timedelta(seconds=0.4))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def secure() -> Iterator[Callable[[ssl.SSLContext | None], Server]]:
    servers: list[Server] = []

    def start(context: ssl.SSLContext | None) -> Server:
        server = Server({"/": ok(FEED)})
        server.tls = context
        servers.append(server.__enter__())
        return server

    yield start
    for server in servers:
        server.__exit__()


Secure = Callable[[ssl.SSLContext | None], Server]


def test_a_good_certificate_is_accepted_and_its_name_is_asked_for_f13(
    secure: Secure, authority: trustme.CA, trusted: str
) -> None:
    names: list[str | None] = []
    context = tls(authority.issue_cert("localhost"))
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    web = secure(context)

    url = web.url(scheme="https", host="localhost")
    answer = client_for(web.port, ca_file=trusted).get(Request(url=url))

    assert answer.body == FEED
    assert names == ["localhost"]
    assert header(web.heard[0], "Host") == f"localhost:{web.port}"


def test_certificates_that_cannot_be_believed_are_their_own_reason_f13(
    secure: Secure, authority: trustme.CA, trusted: str
) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    broken = {
        "expired": authority.issue_cert("localhost", not_before=long_ago, not_after=long_ago),
        "wrong host": authority.issue_cert("other.example"),
        "unknown authority": trustme.CA().issue_cert("localhost"),
    }
    for what, certificate in broken.items():
        web = secure(tls(certificate))
        error = failure(web.url(scheme="https", host="localhost"), web.port, ca_file=trusted)
        assert (type(error), error.reason) == (Untrusted, Reason.CERTIFICATE), what
        assert web.heard in ([], [""]), what


def test_the_usual_authorities_are_trusted_by_default_and_ours_is_not_f13(
    secure: Secure, authority: trustme.CA, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = secure(tls(authority.issue_cert("localhost")))
    url = web.url(scheme="https", host="localhost")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert failure(url, web.port).reason is Reason.CERTIFICATE

    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    assert client_for(web.port).get(Request(url=url)).status == 200


def test_old_tls_is_not_spoken_f13(secure: Secure, authority: trustme.CA, trusted: str) -> None:
    context = tls(authority.issue_cert("localhost"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is old on purpose
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    web = secure(context)

    error = failure(web.url(scheme="https", host="localhost"), web.port, ca_file=trusted)

    assert (type(error), error.reason) == (Untrusted, Reason.TLS)


def test_plain_text_where_tls_should_be_is_tls_f13() -> None:
    def plain(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    class Plain(Server):
        def _head(self, connection: socket.socket) -> str:
            connection.recv(65536)
            return "GET / "

    with Plain({"/": plain}) as web:
        error = failure(web.url(scheme="https"), web.port)
    assert (type(error), error.reason) == (Untrusted, Reason.TLS)


def test_a_handshake_that_never_comes_is_a_timeout() -> None:
    with serving({"": hangs}) as web:
        error = failure(web.url(scheme="https"), web.port, limits=SHORT)
    assert (type(error), error.reason) == (Unreachable, Reason.TIMEOUT)


def test_a_missing_certificate_store_is_our_own_fault(
    secure: Secure, authority: trustme.CA, tmp_path: Path
) -> None:
    web = secure(tls(authority.issue_cert("localhost")))
    url = web.url(scheme="https", host="localhost")
    error = failure(url, web.port, ca_file=str(tmp_path / "nothing.pem"))
    assert error.reason is Reason.LOCAL
