"""Short fixed-size keys for long strings from outside.

A raw id or a link may be longer than PostgreSQL can index (about 2,700 bytes), so what is looked
up is a 64-bit key; whoever reads compares the whole string afterwards.
"""

from __future__ import annotations

from hashlib import blake2b


def key_of(text: str) -> int:
    """Return a signed 64-bit key of ``text``, the same on every machine and in every version."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def base_key_of(alias: str) -> int:
    """Return the key of the raw id in an alias, whether it is that or one made an entry's own."""
    return key_of(alias.partition("\n")[0])


def title_key_of(title: str) -> int:
    """Return the key of a title, whatever its case and spacing."""
    return key_of(" ".join(title.casefold().split()))


def alias_block(source: int, raw_id: str) -> int:
    """Return the key under which a taken-down raw id of one source is blocked."""
    return key_of(f"alias {source} {raw_id}")


def link_block(link: str) -> int:
    """Return the key under which a taken-down canonical link is blocked, from every source."""
    return key_of(f"link {link}")


def hash_block(content_hash: str) -> int:
    """Return the key under which a taken-down text is blocked, from every source."""
    return key_of(f"hash {content_hash}")
