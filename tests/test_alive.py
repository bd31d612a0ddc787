"""The image and what runs it agree: on the port, the folders, and where its health is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from syndicator.alive import DEFAULT, address, trouble
from syndicator.config import Deployment
from tests.test_whole_way import free_port

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


class _Probe(BaseHTTPRequestHandler):
    """Answers /healthz as a live server does, and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Ill(_Probe):
    def do_GET(self) -> None:
        self.path = "/ill"
        super().do_GET()


@contextmanager
def answering(kind: type[_Probe] = _Probe) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def said_by_the_image(listen: str) -> int:
    """Run the very words of the Dockerfile, and return the exit code."""
    found = re.search(r"HEALTHCHECK [^\n]*\\\n\s+CMD \[(.*)\]\n", DOCKERFILE)
    assert found is not None
    program, *arguments = re.findall(r'"([^"]*)"', found[1])
    assert program == "python"
    environment = {**os.environ, "SYNDICATOR_LISTEN": listen, "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, check=False, capture_output=True, timeout=30
    ).returncode


def test_the_image_asks_the_port_that_was_set_and_no_proxy() -> None:
    with answering() as port:
        assert said_by_the_image(f"0.0.0.0:{port}") == 0
    assert said_by_the_image(f"0.0.0.0:{port}") == 1


@pytest.mark.parametrize(
    ("listen", "called"),
    [
        ("", ("127.0.0.1", 8000)),
        ("0.0.0.0:8000", ("127.0.0.1", 8000)),
        ("[::]:81", ("::1", 81)),
        ("[::1]:81", ("::1", 81)),
        ("10.1.2.3:8080", ("10.1.2.3", 8080)),
    ],
)
def test_an_address_that_means_all_is_called_on_loopback(
    listen: str, called: tuple[str, int]
) -> None:
    assert address({"SYNDICATOR_LISTEN": listen}) == called


def test_without_a_setting_it_asks_where_the_program_listens_by_itself(tmp_path: Path) -> None:
    usual = Deployment(
        config_path=tmp_path, data_dir=tmp_path, database_url="sqlite://", base_url="http://x"
    )

    assert f"{usual.listen_host}:{usual.listen_port}" == DEFAULT


def test_trouble_is_named_and_none_is_none() -> None:
    with answering() as port:
        assert trouble({"SYNDICATOR_LISTEN": f"127.0.0.1:{port}"}) is None
    with answering(_Ill) as port:
        assert "answered 404" in (trouble({"SYNDICATOR_LISTEN": f"127.0.0.1:{port}"}) or "")

    assert "refused" in (trouble({"SYNDICATOR_LISTEN": f"127.0.0.1:{free_port()}"}) or "")
    assert "nowhere" in (trouble({"SYNDICATOR_LISTEN": "nowhere"}) or "")


def said(pattern: str, text: str) -> str:
    found = re.search(pattern, text, flags=re.M)
    assert found is not None, pattern
    return found[1]


def test_compose_publishes_the_port_that_the_image_listens_on() -> None:
    port = said(r"SYNDICATOR_LISTEN=0\.0\.0\.0:(\d+)$", DOCKERFILE)

    assert said(r"^EXPOSE (\d+)$", DOCKERFILE) == port
    assert said(r'^\s+- "127\.0\.0\.1:\d+:(\d+)"$', COMPOSE) == port
    assert "SYNDICATOR_LISTEN" not in COMPOSE


def test_compose_keeps_the_folder_that_the_image_writes_and_mounts_the_file_it_reads() -> None:
    folder = said(r"SYNDICATOR_DATA=(\S+)", DOCKERFILE)

    assert said(r"^VOLUME (\S+)$", DOCKERFILE) == folder
    assert said(r"^\s+- data:(\S+)$", COMPOSE) == folder
    config = Path(said(r"SYNDICATOR_CONFIG: (\S+)$", COMPOSE))
    assert said(r"^\s+- \./config:(\S+):ro$", COMPOSE) == str(config.parent)
    assert (ROOT / "config" / config.name).is_file()


def test_compose_hands_on_all_that_mail_needs_and_who_the_reader_is() -> None:
    """Rate limits are counted by a reader's address, which the web server in front tells."""
    handed = set(re.findall(r"^ +([A-Z_]+): \$\{\1:-", COMPOSE, flags=re.M))

    assert handed >= {
        *(f"SYNDICATOR_{one}_URL" for one in ("SMTP", "SMTP_STANDBY", "IMAP", "HEARTBEAT")),
        "SYNDICATOR_DKIM_KEY",
        "SYNDICATOR_DKIM_SELECTOR",
        "FORWARDED_ALLOW_IPS",
    }


def test_compose_believes_one_address_who_the_reader_is_the_gateway_of_its_network() -> None:
    """Whoever is believed can take every turn in another's name, and have them all blocked."""
    believed = said(r"FORWARDED_ALLOW_IPS: \$\{FORWARDED_ALLOW_IPS:-(\S+)\}$", COMPOSE).split(",")
    gateway = said(r"gateway: \$\{FRONT_GATEWAY:-(\S+)\}$", COMPOSE)
    subnet = ip_network(said(r"subnet: \$\{FRONT_SUBNET:-(\S+)\}$", COMPOSE))

    assert believed == ["127.0.0.1", gateway]
    assert ip_address(gateway) in subnet
