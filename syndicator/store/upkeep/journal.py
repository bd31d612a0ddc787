"""What must survive the loss of the database: a file beside it, to which lines are added.

A backup is older than the last people who left. Whoever restores one replays this file, so that
nobody is mailed who had left, and no issue twice. It holds hashes and names of issues, never an
address. What is older than any backup that may be restored is taken out again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import FileIO
from pathlib import Path

from syndicator.errors import StoreUnavailable
from syndicator.store.db.disk import sync_folder

FILE_NAME = "journal.jsonl"


class JournalKind(StrEnum):
    """What happened to the subject: an address, as its hash, or an issue (``weekly/2026-W47``)."""

    LEFT = "left"
    ERASED = "erased"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    CONFIRMED = "confirmed"
    ISSUE_STARTED = "issue_started"
    ISSUE_SENT = "issue_sent"


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalEntry:
    """One line of the journal."""

    kind: JournalKind
    subject: str
    at: datetime


class Journal:
    """The file at ``path``, made at the first line. Threads and processes may write at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def in_folder(cls, data_dir: Path) -> Journal:
        """Return the journal of a data folder."""
        return cls(data_dir / FILE_NAME)

    def append(self, kind: JournalKind, *, subject: str, at: datetime) -> None:
        """Return once the line is on the disk.

        Call it before the database commits: what stands here though the database never got it was
        asked for by somebody, and not yet answered.

        Raises:
            StoreUnavailable: the file cannot be written, such as on a full disk. Part of the line
                may stand there; it says nothing, and harms none that follows.
        """
        self.append_each(kind, subjects=(subject,), at=at)

    def append_each(self, kind: JournalKind, *, subjects: Iterable[str], at: datetime) -> None:
        """Return once a line for each subject is on the disk, as ``append`` does for one."""
        entries = [JournalEntry(kind=kind, subject=subject, at=at) for subject in subjects]
        if entries:
            self._write(b"".join(map(_line, entries)))

    def _write(self, lines: bytes) -> None:
        try:
            self._append(lines)
        except OSError as error:
            raise StoreUnavailable(f"{self._path}: {error.strerror or error}") from error

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self._path.exists()
        with self._held() as file:
            _write_all(file, _line_end(file.fileno()) + lines)
            os.fsync(file.fileno())
        if fresh:
            sync_folder(self._path.parent)

    @contextmanager
    def _held(self) -> Iterator[FileIO]:
        """Yield the file, which nobody else writes meanwhile."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with FileIO(descriptor, "rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # While we waited it may have been replaced by a shorter one: ours is no file then.
                if _is_same_file(self._path, file.fileno()):
                    yield file
                    return

    def forget(self, *, before: datetime) -> int:
        """Take out the lines from before then; return how many.

        Who is never to be mailed stays, however long ago that was. Others may write meanwhile: they
        wait, and no line of theirs is lost.

        Raises:
            StoreUnavailable: the file cannot be written; it is as it was.
        """
        if not any(_is_over(entry, before) for entry in self.entries()):
            return 0
        try:
            with self._held():
                over = sum(_is_over(entry, before) for entry in self.entries())
                self._write_anew(entry for entry in self.entries() if not _is_over(entry, before))
        except OSError as error:
            raise StoreUnavailable(f"{self._path}: {error.strerror or error}") from error
        return over

    def _write_anew(self, entries: Iterable[JournalEntry]) -> None:
        mine = self._path.with_suffix(f".{os.urandom(8).hex()}")
        try:
            descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(map(_line, entries))
                file.flush()
                os.fsync(file.fileno())
            mine.replace(self._path)
        finally:
            mine.unlink(missing_ok=True)
        sync_folder(self._path.parent)

    def append_missing(self, others: Iterable[JournalEntry]) -> int:
        """Append what other journals hold and this one does not; return how many lines that was.

        They stand at the end, whenever they happened.
        """
        stored = {hash(entry) for entry in self.entries()}
        new = dict.fromkeys(entry for entry in others if hash(entry) not in stored)
        if new:
            self._write(b"".join(map(_line, new)))
        return len(new)

    def entries(self) -> Iterator[JournalEntry]:
        """Yield every line in the order of writing; none if there is no file.

        Raises:
            ValueError: a line is of a kind this program does not know: a newer one wrote it.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            yield from read(file)


def read(lines: Iterable[bytes]) -> Iterator[JournalEntry]:
    """Yield what the lines of a journal say, in their order; raises as ``Journal.entries``."""
    for line in lines:
        entry = _read(line)
        if entry is not None:
            yield entry


def _line(entry: JournalEntry) -> bytes:
    values = {"kind": entry.kind, "subject": entry.subject, "at": entry.at.isoformat()}
    return json.dumps(values).encode() + b"\n"


def _write_all(file: FileIO, content: bytes) -> None:
    """Write to the last byte: a disk that is nearly full takes the first half of a line, and only
    the next write is told that there is no room."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _is_same_file(path: Path, descriptor: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def _is_over(entry: JournalEntry, before: datetime) -> bool:
    return entry.at < before and entry.kind not in (JournalKind.SUPPRESSED, JournalKind.LIFTED)


def _line_end(descriptor: int) -> bytes:
    """Return what ends a line that a power cut left open, so that ours is not its tail."""
    length = os.fstat(descriptor).st_size
    return b"\n" if length and os.pread(descriptor, 1, length - 1) != b"\n" else b""


def _read(line: bytes) -> JournalEntry | None:
    """Return the entry of a line; ``None`` for one that a power cut left open: nobody was answered
    that it was written."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return JournalEntry(
        kind=JournalKind(values["kind"]),
        subject=values["subject"],
        at=datetime.fromisoformat(values["at"]),
    )
