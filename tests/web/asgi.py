"""A browser without a network: one request to an ASGI app, one reply."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lxml import html
from starlette.types import ASGIApp


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def page(self) -> html.HtmlElement:
        return html.document_fromstring(self.text)

    def words(self) -> str:
        """Everything a person reads in the page's main part, spaces folded."""
        return " ".join(" ".join(self.page.get_element_by_id("main").itertext()).split())


def ask(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str | bytes] | None = None,
    form: Mapping[str, str | list[str]] | None = None,
    body: bytes = b"",
    client: str = "192.0.2.1",
) -> Reply:
    """Send one request and return the whole reply."""
    return asyncio.run(
        asking(app, path, method=method, headers=headers, form=form, body=body, client=client)
    )


async def asking(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str | bytes] | None = None,
    form: Mapping[str, str | list[str]] | None = None,
    body: bytes = b"",
    client: str = "192.0.2.1",
) -> Reply:
    """Send one request on the loop that runs."""
    sent: dict[str, str | bytes] = {"host": "kaupungit.example", **(headers or {})}
    if form is not None:
        method, body = "POST", urlencode(form, doseq=True).encode()
        sent["content-type"] = "application/x-www-form-urlencoded"
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in sent.items()
        ],
        "client": (client, 50000),
        "server": ("kaupungit.example", 443),
    }
    messages: list[dict[str, Any]] = []
    done = asyncio.Event()
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()

    await app(scope, receive, send)
    start = messages[0]
    return Reply(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in messages[1:]),
    )
