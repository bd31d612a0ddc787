"""A backup as a file: a gzipped tar of small parts, the last of which vouches for all the others.

    tables/subscriber/000001.jsonl ...   rows, one JSON object a line
    keyring.json                         the keys
    journal/000001.jsonl ...             who left, and which issue was sent
    manifest.json                        what it is, and the SHA-256 of every part

No part is larger than ``PART_BYTES`` and one row, so whoever writes or reads one needs no more
memory for a large backup than for a small one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from syndicator.errors import ArchiveDamaged, RestoreRefused
from syndicator.store.db.disk import sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
KEYRING = "keyring.json"
TABLES = "tables/"
JOURNAL = "journal/"
PART_BYTES = 1 << 20

_UNREADABLE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, LookupError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a backup is. ``tables`` says how many rows each has, ``parts`` the SHA-256 of each."""

    program: str
    schema: str
    at: datetime
    dialect: str
    tables: Mapping[str, int]
    left_out: Mapping[str, str]
    parts: Mapping[str, str]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(self.tables.values())


class Writer:
    """Adds parts to an archive and remembers their sums. ``at`` is what the files are dated."""

    def __init__(self, tar: tarfile.TarFile, *, at: datetime) -> None:
        self._tar = tar
        self._at = at
        self.parts: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add one part; a name stands once."""
        self.parts[name] = hashlib.sha256(content).hexdigest()
        self._put(name, content)

    def add_all(self, folder: str, pieces: Iterable[bytes]) -> None:
        """Add the pieces, joined into parts of about ``PART_BYTES``, under ``folder``."""
        number, held, size = 0, [], 0
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= PART_BYTES:
                number += 1
                self.add(f"{folder}{number:06}.jsonl", b"".join(held))
                held, size = [], 0
        if held:
            self.add(f"{folder}{number + 1:06}.jsonl", b"".join(held))

    def add_manifest(self, manifest: Manifest) -> None:
        """Add the manifest, as the last part."""
        values: dict[str, Any] = {"format": FORMAT, **asdict(manifest)}
        values["at"] = manifest.at.isoformat()
        self._put(MANIFEST, json.dumps(values, indent=1).encode())

    def _put(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), 0o600, int(self._at.timestamp())
        self._tar.addfile(member, BytesIO(content))


@contextmanager
def written(path: Path, *, at: datetime) -> Iterator[Writer]:
    """Yield a writer; ``path`` is there when the block has ended, whole and on the disk.

    It is its owner's only: addresses of people and the keys are in it. If the block raises,
    whatever stood at ``path`` still does.
    """
    growing = path.with_name(f".{path.name}.part")
    growing.unlink(missing_ok=True)
    descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with (
                gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                yield Writer(tar, at=at)
            file.flush()
            os.fsync(file.fileno())
        growing.replace(path)
    finally:
        growing.unlink(missing_ok=True)
    sync_folder(path.parent)


def verify(path: Path) -> Manifest:
    """Return what a backup is, every byte of it read and found as it was written.

    Raises:
        ArchiveDamaged: it is no backup, or not all of one, or not as it was written.
        RestoreRefused: a newer program wrote it in a way this one does not know.
    """
    sums: dict[str, str] = {}
    last = None
    for name, content in _members(path):
        if name == MANIFEST:
            last = content
        else:
            sums[name] = hashlib.sha256(content).hexdigest()
    if last is None:
        raise ArchiveDamaged(f"{path}: no backup of this program, or not all of one")
    try:
        manifest = _manifest(path, last)
    except (ValueError, LookupError, TypeError) as error:
        raise ArchiveDamaged(f"{path}: its manifest cannot be read: {error}") from error
    wrong = sorted(
        name
        for name in sums.keys() | manifest.parts.keys()
        if sums.get(name) != manifest.parts.get(name)
    )
    if wrong:
        raise ArchiveDamaged(f"{path}: not as it was written: {', '.join(wrong[:3])}")
    return manifest


def parts(path: Path, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Yield each part by name, in the order of writing, each compared with its sum again.

    Raises:
        ArchiveDamaged: the file changed since ``manifest`` was read.
    """
    for name, content in _members(path):
        if name == MANIFEST:
            continue
        if hashlib.sha256(content).hexdigest() != manifest.parts.get(name):
            raise ArchiveDamaged(f"{path}: not as it was written: {name}")
        yield name, content


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with gzip.open(path, "rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    yield member.name, _content(tar, member)
            # The sum of it all stands behind what the reader of a tar asks for.
            while packed.read(PART_BYTES):
                pass
    except _UNREADABLE as error:
        raise ArchiveDamaged(f"{path}: cannot be read: {error}") from error


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    content = b"" if file is None else file.read()
    if file is None or len(content) != member.size:
        raise EOFError(f"{member.name} is not whole")
    return content


def _manifest(path: Path, content: bytes) -> Manifest:
    values = json.loads(content)
    if values["format"] != FORMAT:
        program = values.get("program", "unknown")
        raise RestoreRefused(
            f"{path}: made by program {program} in form {values['format']}, "
            "which this one does not know: install that program and restore with it"
        )
    return Manifest(
        program=values["program"],
        schema=values["schema"],
        at=datetime.fromisoformat(values["at"]),
        dialect=values["dialect"],
        tables=values["tables"],
        left_out=values["left_out"],
        parts=values["parts"],
    )
