"""A mail relay that keeps what it gets and shows it on a page. For the demonstration only."""

from __future__ import annotations

import html
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@contextmanager
def catching(folder: Path, *, host: str) -> Iterator[int]:
    """Take every message on a free port, which is yielded, and keep it in ``folder`` as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    # aiosmtpd knocks on the port it was told, so a free one is chosen before.
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    controller = Controller(_Keep(folder), hostname=host, port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class _Keep:
    """Writes each message under the number of its arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        number = len(list(self._folder.glob("*.eml"))) + 1
        (self._folder / f"{number:04}.eml").write_bytes(envelope.original_content or b"")
        return "250 kept"


def serve(address: tuple[str, int], *, folder: Path) -> ThreadingHTTPServer:
    """Return a server of the page that shows what was caught, not yet started."""
    server = ThreadingHTTPServer(address, partial(_Page, folder))
    server.daemon_threads = True
    return server


class _Page(BaseHTTPRequestHandler):
    """A list of the messages at ``/``, and each one's two faces at ``/N.html`` and ``/N.txt``."""

    def __init__(self, folder: Path, *request: Any) -> None:
        self._folder = folder
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer one request."""
        name, _, kind = self.path.strip("/").partition(".")
        path = self._folder / f"{name}.eml"
        if self.path == "/":
            self._answer(self._index(), "text/html")
        elif name.isdigit() and path.is_file() and kind in ("html", "txt"):
            part = _read(path).get_body(("html",) if kind == "html" else ("plain",))
            text = part.get_content() if part else ""
            self._answer(text, "text/html" if kind == "html" else "text/plain")
        else:
            self._answer("not here", "text/plain", status=404)

    def _index(self) -> str:
        rows = "".join(
            f"<li><strong>{html.escape(str(mail['Subject']))}</strong><br>"
            f"{html.escape(str(mail['To']))}: <a href='/{path.stem}.html'>HTML</a>, "
            f"<a href='/{path.stem}.txt'>text</a></li>"
            for path in sorted(self._folder.glob("*.eml"))
            for mail in (_read(path),)
        )
        return (
            "<!doctype html><html lang='en'><meta charset='utf-8'>"
            "<meta name='viewport' content='width=device-width'><title>Caught mail</title>"
            "<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui;max-width:40rem;"
            "margin:2rem auto;padding:0 1rem}</style><h1>Caught mail</h1>"
            f"<ul>{rows or '<li>Nothing yet.</li>'}</ul></html>"
        )

    def _answer(self, text: str, kind: str, *, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the demonstration's own lines are what people should read."""


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)
