"""Serves the files of the current folder as ``/feed.xml``, doing nothing else: ``bare.py PORT``.

An ASGI app that only picks one of four ready answers, under the same server and settings as ours:
what it reaches is what the server leaves to any app.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.types import Message, Receive, Scope, Send

FILES = {b"identity": "feed.xml", b"gzip": "feed.xml.gz", b"br": "feed.xml.br"}
BODIES = {coding: Path(name).read_bytes() for coding, name in FILES.items()}
ETAG = (b"etag", b'"bare"')
STARTS: dict[bytes, Message] = {
    coding: {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-length", str(len(body)).encode()), ETAG],
    }
    for coding, body in BODIES.items()
}
NOT_MODIFIED: Message = {"type": "http.response.start", "status": 304, "headers": [ETAG]}


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the encoding asked for, or 304 to whoever sends a tag."""
    asked = dict(scope["headers"])
    if b"if-none-match" in asked:
        await send(NOT_MODIFIED)
        await send({"type": "http.response.body", "body": b""})
        return
    coding = asked.get(b"accept-encoding", b"identity")
    await send(STARTS[coding])
    await send({"type": "http.response.body", "body": BODIES[coding]})


uvicorn.run(
    app,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    http="httptools",
    log_config=None,
    access_log=False,
    server_header=False,
    lifespan="off",
)
