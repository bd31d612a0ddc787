"""Serves N made feeds on loopback, each at an address of its own: ``web.py N PORT [PEM]``.

Feed ``i`` is ``http://127.1.<i // 200>.<1 + i % 200>:PORT/feed``, about 50 KB of RSS with an ETag;
whoever sends the ETag back gets 304. A process of its own, so that it shares no interpreter with
whom it measures. It prints one line when it listens.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import sys
from asyncio import StreamReader, StreamWriter

WORDS = tuple(
    "kaupunki silta kirjasto ranta tori koulu puisto satama kesä talvi linja-auto pyörätie "  # noqa: SIM905
    "asukas valtuusto työpaikka palvelu avajaiset kunta näyttely uimahalli päätös".split()
)
ITEMS = 40
PARAGRAPHS = 3
STEP = 2_654_435_761
"""A large odd number: words differ from place to place, and are the same each time."""


def host(index: int) -> str:
    """Return the loopback address of feed ``index``."""
    return f"127.1.{index // 200}.{1 + index % 200}"


def url(index: int, *, port: int, scheme: str = "http") -> str:
    """Return where feed ``index`` is served."""
    return f"{scheme}://{host(index)}:{port}/feed"


def _text(seed: int, *, words: int) -> str:
    places = ((seed * 131 + n) * STEP >> 9 for n in range(words))
    return " ".join(WORDS[place % len(WORDS)] for place in places)


def feed(index: int) -> bytes:
    """Return the body of feed ``index``: the same bytes for the same number."""
    items = "".join(_item(index, number) for number in range(ITEMS))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>Blogi {index}</title><link>http://{host(index)}/</link>"
        f"<description>Näyte</description><language>fi</language>\n{items}</channel></rss>"
    ).encode()


def _item(index: int, number: int) -> str:
    seed = index * 1000 + number
    body = "".join(f"<p>{_text(seed * 7 + n, words=36)}.</p>" for n in range(PARAGRAPHS))
    month, day = 10 - number // 25, 25 - number % 25
    name = {10: "Oct", 9: "Sep"}[month]
    return (
        f"<item><title>{_text(seed, words=6)} {seed}</title>"
        f"<link>http://{host(index)}/p/{number}</link><guid>http://{host(index)}/p/{number}</guid>"
        f"<pubDate>{day:02} {name} 2026 08:00:00 +0000</pubDate>"
        f"<description><![CDATA[{body}]]></description></item>\n"
    )


class Web:
    """Answers one GET a connection, or more where the client keeps it."""

    def __init__(self, count: int) -> None:
        bodies = [feed(index) for index in range(count)]
        self._feeds = {host(i): (_etag(body), body) for i, body in enumerate(bodies)}

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer on one connection until the client closes it."""
        etag, body = self._feeds[writer.get_extra_info("sockname")[0]]
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(request, etag=etag, body=body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _etag(body: bytes) -> bytes:
    return b'"%s"' % hashlib.sha256(body).hexdigest()[:20].encode()


def _response(request: bytes, *, etag: bytes, body: bytes) -> bytes:
    if etag in request:
        return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\n"
        b"ETag: %s\r\nContent-Length: %d\r\n\r\n" % (etag, len(body))
    ) + body


async def serve(count: int, port: int, pem: str | None = None) -> None:
    """Serve until killed. Linux answers for all of 127.0.0.0/8, so one socket is enough.

    Args:
        pem: a key with its certificates; serves https with it.
    """
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if pem else None
    if tls and pem:
        tls.load_cert_chain(pem)
    server = await asyncio.start_server(Web(count).answer, "0.0.0.0", port, backlog=1024, ssl=tls)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
