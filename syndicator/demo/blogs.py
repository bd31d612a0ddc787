"""The sample blogs, served on loopback as cities serve theirs: faults included."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader

BLOGS = Path(__file__).parent / "blogs"
HELSINKI = ZoneInfo("Europe/Helsinki")
TYPES = {".xml": "application/rss+xml", ".json": "application/feed+json", ".html": "text/html"}


def bodies(*, base: str, now: datetime) -> Mapping[str, bytes]:
    """Return every sample blog by its path, dated back from ``now``.

    ``lohja.rss.xml`` says ISO-8859-1 and is windows-1252, as half of the old web does.
    """
    templates = Environment(loader=FileSystemLoader(BLOGS), autoescape=False)
    templates.filters |= {
        "rfc822": format_datetime,
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        "iso_no_colon": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "finnish": lambda moment: f"{moment.day}.{moment.month}.{moment.year} klo {moment:%H.%M}",
    }
    morning = now.astimezone(HELSINKI).replace(hour=7, minute=5, second=0, microsecond=0)
    facts = {"base": base, "ago": lambda days: morning - timedelta(days=days)}
    return {
        f"/{path.name}": templates.get_template(path.name)
        .render(facts)
        .encode("cp1252" if path.name.startswith("lohja") else "utf-8")
        for path in sorted(BLOGS.iterdir())
    }


def serve(address: tuple[str, int], *, now: datetime) -> ThreadingHTTPServer:
    """Return a server of the sample blogs bound to ``address``, not yet started."""
    served: dict[str, bytes] = {}
    server = ThreadingHTTPServer(address, partial(_Blog, served))
    # The blogs name their own address, which is known once the port is.
    served |= bodies(base=f"http://{address[0]}:{server.server_port}", now=now)
    server.daemon_threads = True
    return server


class _Blog(BaseHTTPRequestHandler):
    """Answers like a plain web server: an ETag, 304 when it still holds."""

    protocol_version = "HTTP/1.1"

    def __init__(self, bodies: Mapping[str, bytes], *request: Any) -> None:
        self._bodies = bodies
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer one request."""
        body = self._bodies.get(self.path)
        if body is None:
            self._answer(404, b"not here", "text/plain; charset=utf-8")
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", None, etag)
            return
        self._answer(200, body, TYPES[Path(self.path).suffix], etag)

    def _answer(self, status: int, body: bytes, kind: str | None, etag: str | None = None) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the demonstration's own lines are what people should read."""
