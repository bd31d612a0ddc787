"""New versions of keys, put where every process finds them.

    session        the newest signs; the one before is read for as long as its letters last
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
"""How long a session key is read after the next one: a day longer than any link in a letter."""

Rotating = Literal["session", "unsubscribe"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a key, without the key.

    ``made`` is ``None`` for those made with the folder. ``signs`` is true of the newest;
    ``until`` is when it is read for the last time, ``None`` for no end.
    """

    purpose: str
    number: int
    made: datetime | None
    signs: bool
    until: datetime | None


def versions(data_dir: Path) -> tuple[Version, ...]:
    """Return all that the keyring holds, by purpose, the oldest first."""
    read = _read(data_dir)
    return tuple(
        Version(
            purpose=purpose,
            number=one["version"],
            made=_moment(one.get("made")),
            signs=one is read[purpose][-1],
            until=_moment(one.get("until")),
        )
        for purpose in PURPOSES
        for one in read[purpose]
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
        number = max(int(one["version"]) for one in before) + 1
        if purpose == "session":
            before = [] if leaked else _in_time(before, now=now)
        made = {"version": number, "key": secrets.token_hex(KEY_BYTES), "made": now.isoformat()}
        read[purpose] = [*before, made]
        return number


def drop_late(data_dir: Path, *, now: datetime) -> None:
    """Take out session keys that nobody reads any more; most often there is none."""
    if all(one.until is None or now < one.until for one in versions(data_dir)):
        return
    with _changing(data_dir) as read:
        *before, newest = read["session"]
        read["session"] = [*_in_time(before, now=now), newest]


def joined(mine: bytes, theirs: bytes) -> bytes:
    """Return a keyring with the versions of both; ``mine`` as it is if it has all of them.

    Mine goes before theirs where both have a session key, whichever is newer: it signs on.
    """
    here, there = json.loads(mine), json.loads(theirs)
    known = {one["key"] for one in here["unsubscribe"]}
    new = [one for one in there["unsubscribe"] if one["key"] not in known]
    if not new:
        return mine
    here["unsubscribe"] = sorted([*here["unsubscribe"], *new], key=_age)
    return _bytes(here)


def _in_time(before: Sequence[dict[str, Any]], *, now: datetime) -> list[dict[str, Any]]:
    """Return those that are read on, each with its end."""
    ends = (one | {"until": one.get("until", (now + READ_ON).isoformat())} for one in before)
    return [one for one in ends if now < datetime.fromisoformat(one["until"])]


def _age(one: Mapping[str, Any]) -> tuple[int, str]:
    return int(one["version"]), one.get("made", "")


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


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
