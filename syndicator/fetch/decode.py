"""A body as it arrives: unpacked piece by piece, and never beyond its limit.

The HTTP library could unpack by itself, but then a small answer becomes two gigabytes before we are
asked. Here each step yields at most ``_PIECE`` bytes, and the count is taken between them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO

_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_KNOWN = frozenset({"gzip", "x-gzip", "deflate"})
_MEANS_NOTHING = frozenset({"", "identity", "none", "utf-8", "binary", "8bit"})
_TEXT_STARTS = (b"<", b"{", b"[", b" ", b"\t", b"\r", b"\n", b"\xef\xbb", b"\xff\xfe", b"\xfe\xff")
_DEEPEST = 2
_MOST_MEMBERS = 1000
_WITH_GZIP_HEADER = 31
_RAW = -15


class BodyTooLarge(Exception):
    """The body, packed or unpacked, is larger than the limit."""


class BodyCut(Exception):
    """A packed body ended before its end."""


class BodyDamaged(Exception):
    """The body is neither what its Content-Encoding says nor plain; the message says how."""


class Body:
    """Collects one body: ``feed`` what arrives, then ``close`` for the bytes.

    What the label says is a hint, what the bytes say counts. Gzip is known by its first two bytes,
    because servers label plain bodies as gzip, pack twice, and serve ``feed.xml.gz`` unlabelled; no
    feed begins with those bytes.

    Args:
        encoding: the Content-Encoding header, ``""`` without one.
        limit: most bytes, before and after unpacking.
    """

    def __init__(self, *, encoding: str, limit: int) -> None:
        codings = [part.strip().lower() for part in encoding.split(",")]
        named = [coding for coding in codings if coding not in _MEANS_NOTHING]
        self._limit = limit
        self._wire = 0
        self._kept = BytesIO()
        layer: _Layer | None = None
        # The coding named last was put on last and comes off first: built from the inside out.
        for depth in reversed(range(_DEEPEST)):
            coding = named[-1 - depth] if depth < len(named) else ""
            deeper = self._keep if layer is None else layer.feed
            layer = _Layer(coding=coding, limit=limit, deeper=deeper, inner=layer)
        assert layer is not None
        self._outermost = layer

    @property
    def wire_bytes(self) -> int:
        """How many bytes came, as they travelled."""
        return self._wire

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            BodyTooLarge, BodyDamaged: as named; the rest need not be read.
        """
        self._wire += len(chunk)
        if self._wire > self._limit:
            raise BodyTooLarge
        self._outermost.feed(chunk)

    def close(self) -> bytes:
        """Return the whole body, unpacked.

        Raises:
            BodyCut, BodyTooLarge, BodyDamaged: as named.
        """
        self._outermost.close()
        return self._kept.getvalue()

    def _keep(self, piece: bytes) -> None:
        self._kept.write(piece)


class _Layer:
    """Takes off one packing, or passes on what is not packed."""

    def __init__(
        self, *, coding: str, limit: int, deeper: Callable[[bytes], None], inner: _Layer | None
    ) -> None:
        self._coding = coding
        self._left = limit
        self._deeper = deeper
        self._inner = inner
        self._head = b""
        self._packed: BytesIO | None = None
        self._inflate: zlib._Decompress | None = None
        self._step: Callable[[bytes], None] = self._decide
        self._members = 0

    def feed(self, chunk: bytes) -> None:
        self._step(chunk)

    def close(self) -> None:
        if self._step == self._decide and self._members == 0:
            self._deeper(self._head)
        elif self._packed is not None:
            self._unpack_collected(self._packed.getvalue())
        elif self._inflate is not None:
            raise BodyCut
        if self._inner is not None:
            self._inner.close()

    def _start(self, bits: int) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BodyDamaged("made of more gzip members than a feed needs")
        self._inflate = zlib.decompressobj(bits)
        self._step = self._unpack

    def _decide(self, chunk: bytes) -> None:
        self._head += chunk
        if len(self._head) < len(_GZIP):
            return
        head, self._head = self._head, b""
        if head.startswith(_GZIP):
            self._start(_WITH_GZIP_HEADER)
        elif self._members:
            self._step = self._ignore  # padding, or a warning that a script printed after the end
        elif self._coding == "deflate" and _is_zlib(head):
            self._start(zlib.MAX_WBITS)
        elif self._coding == "deflate" and not head.startswith(_TEXT_STARTS):
            self._start(_RAW)
        elif self._coding == "deflate":
            # Raw deflate has no mark and may begin like text: it is tried when all of it is here.
            self._packed = BytesIO()
            self._step = self._collect
        else:
            if self._coding and self._coding not in _KNOWN and not head.startswith(_TEXT_STARTS):
                raise BodyDamaged(f"packed as {self._coding[:20]!a}, which was not asked for")
            self._step = self._deeper
        self._step(head)

    def _collect(self, chunk: bytes) -> None:
        assert self._packed is not None
        self._packed.write(chunk)

    def _ignore(self, _: bytes) -> None:
        return

    def _unpack(self, chunk: bytes) -> None:
        assert self._inflate is not None
        inflate = self._inflate
        try:
            piece = inflate.decompress(chunk, _PIECE)
            while piece:
                self._pass_on(piece)
                # zlib may hold output back with no input left: a full piece asks for another round.
                more = inflate.unconsumed_tail or len(piece) == _PIECE
                piece = inflate.decompress(inflate.unconsumed_tail, _PIECE) if more else b""
        except zlib.error as error:
            raise BodyDamaged(f"not what it is labelled: {error}") from error
        if inflate.eof:
            self._inflate = None
            self._step = self._decide
            self._decide(inflate.unused_data)

    def _pass_on(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise BodyTooLarge
        self._deeper(piece)

    def _unpack_collected(self, packed: bytes) -> None:
        try:
            zlib.decompressobj(_RAW).decompress(packed, _PIECE)
        except zlib.error:
            self._deeper(packed)
            return
        self._start(_RAW)
        self._unpack(packed)
        if self._inflate is not None:
            raise BodyCut


def _is_zlib(head: bytes) -> bool:
    """Return True for the two bytes of a zlib header (RFC 1950 2.2). Half the world sends zlib's
    format under the name of deflate, the other half raw deflate."""
    return head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
