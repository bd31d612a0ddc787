"""A feed behind TLS, through the whole program: from a certificate to the combined feed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from syndicator.cli.exits import Exit
from tests.cli.world import Output, Town
from tests.config.samples import TOML, write
from tests.fetch.servers import Server, ok
from tests.pipeline.world import rss


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def secure(authority: trustme.CA) -> Server:
    server = Server({"/feed/": ok(rss("Terveisiä kivikylästä"), "Content-Type: text/xml")})
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server.tls)
    return server


def town(folder: Path, web: Server, **more: str) -> Town:
    url = web.url("/feed/", host="localhost", scheme="https")
    config = write(folder, TOML.replace("https://blogi.kivikyla.example/feed/", url))
    environment = {
        "SYNDICATOR_CONFIG": str(config),
        "SYNDICATOR_DATA": str(folder / "data"),
        "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8,::1/128",
        "SYNDICATOR_ALLOW_PORTS": str(web.port),
        **more,
    }
    return Town(folder=folder, blogs=url, environment=environment)


def test_a_feed_whose_certificate_the_operator_trusts_reaches_the_combined_feed_f13(
    tmp_path: Path, authority: trustme.CA
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with secure(authority) as web:
        here = town(tmp_path, web, SSL_CERT_FILE=str(trusted))

        said: Output = here.says("pull", "--all")

    assert (said.code, "kivikyla-blog: 1 new" in said.out) == (Exit.DONE, True)
    assert here.says("publish", "--out", str(tmp_path / "site")).code == Exit.DONE
    assert "Terveisiä kivikylästä" in (tmp_path / "site" / "feed.xml").read_text("utf-8")


def test_the_same_feed_is_not_read_where_nobody_trusts_it_and_says_why_f13(
    tmp_path: Path, authority: trustme.CA
) -> None:
    with secure(authority) as web:
        here = town(tmp_path, web)
        said = here.says("pull", "--all")

    assert said.code == Exit.IN_PART
    assert "kivikyla-blog: certificate: " in said.out
