"""New versions of keys, put where every process finds them.

    session        the newest signs; the one before is read for as long as links in emails last
    unsubscribe    the newest signs; all of them are read for ever
    suppression    never changes: every hash in the database is made with it

The file is replaced as a whole, so whoever reads it meanwhile has either.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from syndicator.pipeline.data_folder import KEY_BYTES, KEYRING, PURPOSES, keyring, put_keyring

READ_ON = timedelta(days=8)
"""How long a session key is read after the next one: a day longer than any link in an email."""

Rotating = Literal["session", "unsubscribe"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a key, without the key.

    ``created`` is ``None`` for those of the folder's first day. ``signs`` is true of the newest;
    ``until`` is when it is read for the last time, ``None`` for no end.
    """

    purpose: str
    number: int
    created: datetime | None
    signs: bool
    until: datetime | None


def versions(data_dir: Path) -> tuple[Version, ...]:
    """Return all that the keyring holds, by purpose, the oldest first."""
    read = _read(data_dir)
    return tuple(
        Version(
            purpose=purpose,
            number=version["version"],
            created=_moment(version.get("made")),
            signs=version is read[purpose][-1],
            until=_moment(version.get("until")),
        )
        for purpose in PURPOSES
        for version in read[purpose]
    )


def rotate(data_dir: Path, purpose: Rotating, *, now: datetime, leaked: bool = False) -> int:
    """Return the number of a new version, which signs from now on.

    Args:
        leaked: the session keys before it are not read any more: links on their way are dead.

    Raises:
        OSError: the folder cannot be written.
    """
    with _changing(data_dir) as read:
        before: list[dict[str, Any]] = read[purpose]
        number = max(int(version["version"]) for version in before) + 1
        if purpose == "session":
            before = [] if leaked else _in_time(before, now=now)
        newest = {"version": number, "key": secrets.token_hex(KEY_BYTES), "made": now.isoformat()}
        read[purpose] = [*before, newest]
        return number


def drop_late(data_dir: Path, *, now: datetime) -> None:
    """Take out session keys that nobody reads any more; most often there is none."""
    if all(version.until is None or now < version.until for version in versions(data_dir)):
        return
    with _changing(data_dir) as read:
        *before, newest = read["session"]
        read["session"] = [*_in_time(before, now=now), newest]


def joined(mine: bytes, theirs: bytes) -> bytes:
    """Return a keyring with the versions of both; ``mine`` as it is if it has all of them.

    Mine goes before theirs where both have a session key, whichever is newer: it signs on.
    """
    here, there = json.loads(mine), json.loads(theirs)
    ours = {version["key"] for version in here["unsubscribe"]}
    new = [version for version in there["unsubscribe"] if version["key"] not in ours]
    if not new:
        return mine
    here["unsubscribe"] = sorted(
        [*here["unsubscribe"], *new],
        key=lambda version: (int(version["version"]), version.get("made", "")),
    )
    return _bytes(here)


def _in_time(before: Sequence[dict[str, Any]], *, now: datetime) -> list[dict[str, Any]]:
    """Return those that are read on, each with its end."""
    ending = (
        version | {"until": version.get("until", (now + READ_ON).isoformat())} for version in before
    )
    return [version for version in ending if now < datetime.fromisoformat(version["until"])]


@contextmanager
def _changing(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Yield what the file says, and write it when the block is done; one process at a time."""
    keyring(data_dir)
    descriptor = os.open(data_dir, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        read = _read(data_dir)
        yield read
        put_keyring(data_dir, _bytes(read))
    finally:
        os.close(descriptor)


def _read(data_dir: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((data_dir / KEYRING).read_bytes())
    return read


def _bytes(read: Mapping[str, Any]) -> bytes:
    return json.dumps(read, indent=1).encode()


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
