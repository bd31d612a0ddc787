"""Our own DKIM signature, checked as a receiver checks it (RFC 6376 6.1)."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from syndicator.deliver.email.sign import Key, Signer, new_key, read_key
from syndicator.errors import KeyUnfit
from tests.deliver.email.test_message import made

kinds = pytest.mark.parametrize("kind", ["rsa", "ed25519"])
PRIVATE = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


def signed(key: Key, message: bytes) -> bytes:
    return Signer(key=key, selector="s2026", domain="koosteet.example").signed(message)


def verify(key: Key, message: bytes) -> dict[str, str]:
    """Return the tags of a signature that holds; raise if it does not."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = [field.partition(b":") for field in re.split(rb"\r\n(?![ \t])", head)]
    own = fields.pop(0)[2]
    parts = (part.partition(b"=") for part in own.split(b";"))
    tags = {name.strip().decode(): b"".join(value.split()).decode() for name, _, value in parts}
    covered = b""
    for name in tags["h"].split(":"):
        last = [at for at, one in enumerate(fields) if one[0].decode().lower() == name]
        if last:
            value = fields.pop(last[-1])[2]
            covered += name.encode() + b":" + b" ".join(value.split()) + b"\r\n"
    bare = re.sub(rb"(;\s*b=)[^;]*$", rb"\1", own)
    covered += b"dkim-signature:" + b" ".join(bare.split())
    if b64decode(tags["bh"]) != sha256(body).digest():
        raise InvalidSignature("body")
    signature = b64decode(tags["b"])
    if isinstance(key, rsa.RSAPrivateKey):
        key.public_key().verify(signature, covered, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.public_key().verify(signature, sha256(covered).digest())
    return tags


@kinds
def test_the_signature_holds_and_covers_the_way_out(kind: str) -> None:
    """E4: DKIM covers the unsubscribe headers."""
    key = new_key(kind)
    tags = verify(key, signed(key, made()))

    covered = tags["h"].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-id", "to", "date"} <= set(covered)
    assert covered.count("from") == 2
    assert (tags["d"], tags["s"], tags["a"]) == ("koosteet.example", "s2026", f"{kind}-sha256")


@kinds
def test_a_header_folded_anew_on_the_way_still_holds(kind: str) -> None:
    key = new_key(kind)
    message = signed(key, made()).replace(b"<mailto:", b"\r\n\t<mailto:", 1)

    assert verify(key, message)


@kinds
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Subject: Viikkokooste", b"Subject: Voitto"),
        (b"unsubscribe/Zx", b"unsubscribe/Yx"),
        (b"From: ", b"From: paha@b.example\r\nFrom: "),
    ],
)
def test_whatever_is_changed_on_the_way_breaks_it(kind: str, was: bytes, becomes: bytes) -> None:
    key = new_key(kind)
    message = signed(key, made())
    assert was in message

    with pytest.raises(InvalidSignature):
        verify(key, message.replace(was, becomes, 1))


@kinds
def test_a_key_is_read_from_its_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(new_key(kind).private_bytes(*PRIVATE))

    key = read_key(path)

    assert verify(key, signed(key, made()))


def test_a_key_that_cannot_sign_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "weak").write_bytes(weak.private_bytes(*PRIVATE))
    (tmp_path / "other").write_bytes(other.private_bytes(*PRIVATE))
    (tmp_path / "none").write_text("no key")

    for name in ("weak", "other", "none", "missing"):
        with pytest.raises(KeyUnfit, match=name):
            read_key(tmp_path / name)
