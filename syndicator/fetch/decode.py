"""A body as it arrives: unpacked piece by piece, and never beyond its limit.

The HTTP library could unpack by itself, but then a small answer becomes two gigabytes before we are
asked. Here each step yields at most ``_PIECE`` bytes, and the count is taken between them.
"""

from __future__ import annotations

import zlib
from enum import Enum, auto
from io import BytesIO

_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_KNOWN = frozenset({"gzip", "x-gzip", "deflate"})
_MEANS_NOTHING = frozenset({"", "identity", "none", "utf-8", "binary", "8bit"})
_TEXT_STARTS = (b"<", b"{", b"[", b" ", b"\t", b"\r", b"\n", b"\xef\xbb", b"\xff\xfe", b"\xfe\xff")
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
        # The coding named last was put on last and comes off first: built from the inside out.
        inner = _Layer(coding=named[-2] if len(named) > 1 else "", limit=limit, kept=self._kept)
        self._outer = _Layer(coding=named[-1] if named else "", limit=limit, kept=inner)

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
        self._outer.write(chunk)

    def close(self) -> bytes:
        """Return the whole body, unpacked.

        Raises:
            BodyCut, BodyTooLarge, BodyDamaged: as named.
        """
        self._outer.finish()
        return self._kept.getvalue()


class _Mode(Enum):
    DECIDING = auto()
    PLAIN = auto()
    PACKED = auto()
    COLLECTING = auto()
    OVER = auto()


class _Layer:
    """Takes off one packing, or passes on what is not packed.

    It keeps a mode and not the method to call next: that would be a cycle, and ten megabytes would
    wait for the collector.
    """

    def __init__(self, *, coding: str, limit: int, kept: BytesIO | _Layer) -> None:
        self._coding = coding
        self._left = limit
        self._kept = kept
        self._mode = _Mode.DECIDING
        self._head = b""
        self._collected = BytesIO()
        self._inflate = zlib.decompressobj()
        self._members = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        while chunk:
            chunk = self._take(chunk)

    def _take(self, chunk: bytes) -> bytes:
        """Take ``chunk`` in the present mode; return what is left of it for the next mode."""
        match self._mode:
            case _Mode.DECIDING:
                return self._decide(chunk)
            case _Mode.PACKED:
                return self._unpack(chunk)
            case _Mode.PLAIN:
                self._kept.write(chunk)
            case _Mode.COLLECTING:
                self._collected.write(chunk)
            case _Mode.OVER:
                pass
        return b""

    def finish(self) -> None:
        """Pass on what waited for the end; raises BodyCut if the end is missing."""
        if self._mode is _Mode.COLLECTING:
            self._unpack_collected(self._collected.getvalue())
        if self._mode is _Mode.PACKED:
            raise BodyCut
        if self._mode is _Mode.DECIDING and not self._members:
            self._kept.write(self._head)
        if isinstance(self._kept, _Layer):
            self._kept.finish()

    def _decide(self, chunk: bytes) -> bytes:
        self._head += chunk
        if len(self._head) < len(_GZIP):
            return b""
        head, self._head = self._head, b""
        self._mode = self._mode_for(head)
        return head

    def _mode_for(self, head: bytes) -> _Mode:
        if head.startswith(_GZIP):
            return self._begin(_WITH_GZIP_HEADER)
        if self._members:
            return _Mode.OVER  # padding, or a warning that a script printed after the end
        text = head.startswith(_TEXT_STARTS)
        if self._coding == "deflate":
            if _is_zlib(head):
                return self._begin(zlib.MAX_WBITS)
            # Raw deflate has no mark and may begin like text: it is tried when all of it is here.
            return _Mode.COLLECTING if text else self._begin(_RAW)
        if self._coding and self._coding not in _KNOWN and not text:
            raise BodyDamaged(f"packed as {self._coding[:20]!a}, which was not asked for")
        return _Mode.PLAIN

    def _begin(self, bits: int) -> _Mode:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BodyDamaged("made of more gzip members than a feed needs")
        self._inflate = zlib.decompressobj(bits)
        return _Mode.PACKED

    def _unpack(self, chunk: bytes) -> bytes:
        inflate = self._inflate
        try:
            piece = inflate.decompress(chunk, _PIECE)
            while piece:
                self._left -= len(piece)
                if self._left < 0:
                    raise BodyTooLarge
                self._kept.write(piece)
                # zlib may hold output back with no input left: a full piece asks for another round.
                more = inflate.unconsumed_tail or len(piece) == _PIECE
                piece = inflate.decompress(inflate.unconsumed_tail, _PIECE) if more else b""
        except zlib.error as error:
            raise BodyDamaged(f"not what it is labelled: {error}") from error
        if not inflate.eof:
            return b""
        self._mode = _Mode.DECIDING
        return inflate.unused_data

    def _unpack_collected(self, packed: bytes) -> None:
        try:
            zlib.decompressobj(_RAW).decompress(packed, _PIECE)
        except zlib.error:
            self._mode = _Mode.PLAIN
        else:
            self._mode = self._begin(_RAW)
        self.write(packed)


def _is_zlib(head: bytes) -> bool:
    """Return True for the two bytes of a zlib header (RFC 1950 2.2). Half the world sends zlib's
    format under the name of deflate, the other half raw deflate."""
    return head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
