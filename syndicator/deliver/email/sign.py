"""Our own DKIM signature, where the relay makes none. The only door to ``cryptography``.

An extra (``pip install syndicator[dkim]``). A message leaves as it was spliced, so its body is
signed as it stands (``simple``); headers may be folded anew on the way (``relaxed``).

Source: RFC 6376, RFC 8463 (Ed25519), RFC 8058 4 (which headers a one-click mail must sign).
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from syndicator.errors import KeyUnfit

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive", "feedback-id"),
    *("auto-submitted", "content-language"),
)
"""Headers the signature covers where the message has them."""

FEWEST_BITS = 2048

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_SPACE = re.compile(rb"[ \t\r\n]+")


class Signer:
    """Signs messages in the name of ``domain``; the public key stands in its DNS."""

    def __init__(self, *, key: Key, selector: str, domain: str) -> None:
        self._key = key
        self._algorithm = "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"
        self._who = f"d={domain}; s={selector};"

    def signed(self, message: bytes) -> bytes:
        """Return the message with its signature before it; ``message`` is as it will leave."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head + b"\r\n")
        names = [name for name in SIGNED if name in fields]
        # A name said once more than there are headers: nobody can add another one later.
        signed = ":".join([*names, "from"])
        ended = body.rstrip(b"\r\n") + b"\r\n"  # no empty lines at its end (RFC 6376 3.4.3)
        unsigned = (
            f"v=1; a={self._algorithm}-sha256; c=relaxed/simple; {self._who}\r\n"
            f" h={_folded(signed)};\r\n"
            f" bh={b64encode(sha256(ended).digest()).decode()};\r\n b="
        )
        covered = b"".join(fields[name] + b"\r\n" for name in names)
        covered += b"dkim-signature:" + _relaxed(unsigned.encode())
        signature = b64encode(self._sign(covered)).decode()
        lines = "\r\n ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
        return f"DKIM-Signature: {unsigned}{lines}\r\n".encode() + message

    def _sign(self, covered: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(covered, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(sha256(covered).digest())


def read_key(path: Path) -> Key:
    """Return the private key in a PEM file.

    Raises:
        KeyUnfit: the file cannot be read, or holds no RSA key of 2048 bits or Ed25519 key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnfit(f"{path}: no private key can be read: {error}") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= FEWEST_BITS:
        return key
    raise KeyUnfit(f"{path}: must be an RSA key of {FEWEST_BITS} bits or more, or an Ed25519 key")


def new_key(kind: str) -> Key:
    """Return a fresh key, ``rsa`` (2048 bits) or ``ed25519``."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=FEWEST_BITS)
    return ed25519.Ed25519PrivateKey.generate()


def _fields(head: bytes) -> dict[str, bytes]:
    """Return each header, relaxed, by its name in small letters; our messages have each once."""
    fields = {}
    for field in re.split(rb"\r\n(?![ \t])", head):
        name, colon, value = field.partition(b":")
        if colon:
            key = name.strip().lower()
            fields[key.decode("ascii")] = key + b":" + _relaxed(value)
    return fields


def _relaxed(value: bytes) -> bytes:
    return _SPACE.sub(b" ", value).strip()


def _folded(names: str) -> str:
    """Return the list of headers in lines of a bearable length."""
    lines, line = [], ""
    for name in names.split(":"):
        if len(line) + len(name) > 65:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n  ".join([*lines, line]).removesuffix(":")
