"""Bodies as they arrive: packed in every honest and dishonest way, and never beyond the limit."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.fetch.decode import Body, BodyCut, BodyDamaged, BodyTooLarge

FEED = "<?xml version='1.0'?><rss>Pyörätie avattiin äöå</rss>".encode() * 20
LIMIT = 1_000_000


def gzipped(data: bytes) -> bytes:
    """Packed without a moment: the names of tests are made from these bytes."""
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def unpacked(chunks: Iterable[bytes], encoding: str = "", *, limit: int = LIMIT) -> bytes:
    body = Body(encoding=encoding, limit=limit)
    for chunk in chunks:
        body.feed(chunk)
    return body.close()


def sliced(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (FEED, ""),
        (FEED, "identity"),
        (gzipped(FEED), "gzip"),
        (gzipped(FEED), "x-gzip"),
        (gzipped(FEED), "GZIP"),
        (zlib.compress(FEED), "deflate"),
        (raw_deflate(FEED), "deflate"),
        (zlib.compress(FEED, level=0), "deflate"),
        (gzipped(zlib.compress(FEED)), "deflate, gzip"),
        (gzipped(gzipped(FEED)), "gzip, gzip"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_every_honest_packing_is_unpacked_however_it_arrives(
    packed: bytes, encoding: str, size: int
) -> None:
    assert unpacked(sliced(packed, size), encoding) == FEED


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (FEED, "gzip"),
        (FEED, "deflate"),
        (FEED, "br"),
        (gzipped(FEED), ""),
        (gzipped(FEED), "utf-8"),
        (gzipped(gzipped(FEED)), "gzip"),
        (gzipped(FEED[:100]) + gzipped(FEED[100:]), "gzip"),
        (gzipped(FEED) + b"<b>Warning</b>", "gzip"),
        (gzipped(FEED) + bytes(512), "gzip"),
        (gzipped(FEED), "deflate"),
    ],
)
@pytest.mark.parametrize("size", [1, 100_000])
def test_common_lies_about_the_packing_are_seen_through(
    packed: bytes, encoding: str, size: int
) -> None:
    assert unpacked(sliced(packed, size), encoding) == FEED


@given(st.binary(max_size=3000), st.integers(1, 500), st.sampled_from(["gzip", "deflate"]))
def test_packing_and_unpacking_is_a_round_trip(data: bytes, size: int, encoding: str) -> None:
    inner = b"<" + data  # a body of a feed: not itself a gzip stream
    packed = gzipped(inner) if encoding == "gzip" else zlib.compress(inner)
    assert unpacked(sliced(packed, size), encoding) == inner


def test_nothing_is_left_behind_in_the_unpacker() -> None:
    """zlib may have taken all input and still owe the last kilobytes of a full piece."""
    for size in range(65536, 65536 + 600, 7):
        data = b"<" * size
        assert unpacked([raw_deflate(data)], "deflate") == data
        assert unpacked([gzipped(data)], "gzip") == data


@given(st.data())
def test_a_gzip_body_cut_anywhere_is_never_taken_for_whole(data: st.DataObject) -> None:
    packed = gzipped(FEED)
    cut = data.draw(st.integers(2, len(packed) - 1))
    with pytest.raises(BodyCut):
        unpacked([packed[:cut]], "gzip")


def test_a_cut_deflate_body_is_never_taken_for_whole() -> None:
    for packed in (zlib.compress(FEED), raw_deflate(FEED)):
        with pytest.raises(BodyCut):
            unpacked([packed[: len(packed) // 2]], "deflate")


def test_an_empty_body_is_empty_whatever_its_label() -> None:
    for encoding in ("", "gzip", "deflate", "br"):
        assert unpacked([], encoding) == b""


def test_one_byte_is_a_body() -> None:
    assert unpacked([b"<"], "gzip") == b"<"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"\x8b\x05\x80feed in brotli", "br"),
        (b"\x28\xb5\x2f\xfd in zstd", "zstd"),
        (b"\x1f\x8b\x07" + gzipped(FEED)[3:], "gzip"),
        (b"\xff\xff\xff\xff", "deflate"),
    ],
)
def test_what_cannot_be_unpacked_is_damaged(body: bytes, encoding: str) -> None:
    with pytest.raises(BodyDamaged):
        unpacked([body], encoding)


def test_a_wrong_checksum_is_damage() -> None:
    packed = bytearray(gzipped(FEED))
    packed[-6] ^= 0xFF
    with pytest.raises(BodyDamaged):
        unpacked([bytes(packed)], "gzip")


def test_the_limit_counts_unpacked_bytes_f11() -> None:
    exact = b"<" * LIMIT
    assert unpacked([gzipped(exact)], "gzip") == exact
    with pytest.raises(BodyTooLarge):
        unpacked([gzipped(exact + b"<")], "gzip")


def test_the_limit_counts_plain_bytes_f11() -> None:
    with pytest.raises(BodyTooLarge):
        unpacked([b"<" * LIMIT, b"<"])


def test_the_limit_counts_what_lies_between_two_packings_f11() -> None:
    twice = gzipped(gzipped(bytes(LIMIT * 20)) * 1)
    with pytest.raises(BodyTooLarge):
        unpacked([twice], "gzip")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
def test_a_bomb_costs_little_more_than_the_limit_f11(encoding: str) -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[encoding])
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(40)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            unpacked([bomb], "gzip" if encoding == "gzip" else "deflate", limit=2_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_endless_empty_members_are_damage() -> None:
    with pytest.raises(BodyDamaged):
        unpacked([gzipped(b"") * 1001], "gzip")
