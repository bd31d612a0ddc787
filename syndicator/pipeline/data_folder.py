"""The data folder: one process may own it, and the keys lie in it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile

from syndicator.errors import AlreadyRunning, ConfigError, Problem
from syndicator.store.db.disk import close_to_others, sync_folder
from syndicator.store.upkeep.journal import FILE_NAME as JOURNAL
from syndicator.subscribe.email_tokens import EmailTokens
from syndicator.subscribe.tokens import OlderKey, Tokens

LOCK = "running.lock"
SENDERS = "sending.lock"
KEYRING = "keyring.json"
PURPOSES = ("session", "unsubscribe", "suppression")
KEY_BYTES = 32


def ensure_folder(data_dir: Path) -> Path:
    """Return the folder, there for sure: for its owner only if it is made now.

    In it lie addresses of people. One that exists stays as whoever made it wants it.

    Raises:
        ConfigError: there is none, and none can be made.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data_dir, error) from error
    return data_dir


def writable(data_dir: Path) -> Path:
    """Return the folder, there for sure and open to us: a file was made in it, and is gone.

    Raises:
        ConfigError: there is none and none can be made, or nothing can be written there.
    """
    try:
        TemporaryFile(dir=ensure_folder(data_dir)).close()
    except OSError as error:
        # A full disk is a matter of now: what only reads goes on, and what writes says so.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise _unusable(data_dir, error) from error
    return data_dir


def _unusable(data_dir: Path, error: OSError) -> ConfigError:
    fact = f"{data_dir} cannot be written: {error.strerror or error}"
    example = "SYNDICATOR_DATA=/var/lib/syndicator"
    return ConfigError(
        (Problem(file="the environment", key="SYNDICATOR_DATA", fact=fact, example=example),)
    )


def close_files(data_dir: Path) -> None:
    """Let keys and journal be their owner's only, those that were put aside or copied here too."""
    for path in (*data_dir.glob("keyring*"), *data_dir.glob(f"{JOURNAL}*")):
        close_to_others(path)


@contextmanager
def owned(data_dir: Path) -> Iterator[None]:
    """Own the folder while the block runs; the lock ends with the process, however it ends.

    Raises:
        AlreadyRunning: another process owns it.
        ConfigError: nothing can be written there.
    """
    with (writable(data_dir) / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            whose = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"{data_dir}: process {whose} is running on this folder; stop it first, "
                "or set SYNDICATOR_DATA to another folder"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_owned(data_dir: Path) -> bool:
    """Return whether some process owns the folder at this moment."""
    try:
        with (data_dir / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


@contextmanager
def sending(data_dir: Path) -> Iterator[None]:
    """Show while the block runs that claims of mail may be ours; many may do so at once."""
    with (ensure_folder(data_dir) / SENDERS).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def nobody_sends(data_dir: Path) -> Iterator[bool]:
    """Let no process begin to send while the block runs; False if one does already."""
    with (ensure_folder(data_dir) / SENDERS).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except BlockingIOError:
            alone = False
        yield alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyring:
    """The newest key of each purpose, and what must be read for ever.

    ``unsubscribe_versions`` are all keys that ever signed an unsubscribe token, newest first;
    ``older_sessions`` those whose emails may still lie unread, each with its end.
    """

    session: bytes
    unsubscribe: bytes
    suppression: bytes
    unsubscribe_versions: tuple[bytes, ...]
    older_sessions: tuple[OlderKey, ...] = ()

    @property
    def tokens(self) -> Tokens:
        """What signs and reads the tokens of emails."""
        return Tokens(self.session, older=self.older_sessions)

    @property
    def email_tokens(self) -> EmailTokens:
        """What makes and reads the tokens of emails, and reads those of newsletters."""
        return EmailTokens(self.tokens, unsubscribe_keys=self.unsubscribe_versions)

    @property
    def word(self) -> str:
        """What a keyring is known by: of the one key that never changes, and not to be undone."""
        return hashlib.sha256(b"keyring " + self.suppression).hexdigest()[:32]


def keyring(data_dir: Path) -> Keyring:
    """Return the keys of this data folder, made on first use and readable by the owner only.

    Those read last are kept while the file is the same. It is replaced as a whole, so a rotation,
    by whichever process, is another file.

    Raises:
        ConfigError: the folder cannot be made.
        OSError: it cannot be written.
    """
    path = ensure_folder(data_dir) / KEYRING
    if not path.exists():
        _make(path)
    # Asked before the bytes are read: replaced in between, it is read once more next time.
    there = path.stat()
    return _kept(path, (there.st_ino, there.st_mtime_ns, there.st_size))


@lru_cache(maxsize=8)
def _kept(path: Path, _stamp: tuple[int, int, int]) -> Keyring:
    return keyring_in(path.read_bytes())


def keyring_in(content: bytes) -> Keyring:
    """Return the keys that the bytes of a keyring's file hold.

    Raises:
        ValueError, LookupError: they are no keyring.
    """
    read = json.loads(content)
    # The file has the oldest first, whoever asks wants the newest.
    keys = {
        name: tuple(bytes.fromhex(version["key"]) for version in reversed(read[name]))
        for name in PURPOSES
    }
    newest = {name: versions[0] for name, versions in keys.items()}
    older = (version for version in reversed(read["session"][:-1]) if "until" in version)
    return Keyring(
        **newest,
        unsubscribe_versions=keys["unsubscribe"],
        older_sessions=tuple(
            OlderKey(
                key=bytes.fromhex(version["key"]), until=datetime.fromisoformat(version["until"])
            )
            for version in older
        ),
    )


def put_keyring(data_dir: Path, content: bytes, *, aside: str | None = None) -> None:
    """Let the folder have the keyring with these bytes, on the disk, from one moment to the next.

    Args:
        aside: the name under which one that is there is kept.
    """
    path = ensure_folder(data_dir) / KEYRING
    mine = _written(path, content)
    try:
        if aside is not None and path.exists():
            path.replace(path.with_name(aside))
        mine.replace(path)
        sync_folder(data_dir)
    finally:
        mine.unlink(missing_ok=True)


def _make(path: Path) -> None:
    """Write new keys; of two processes that start at once, the first one's keys stay."""
    keys = {name: [{"version": 1, "key": secrets.token_hex(KEY_BYTES)}] for name in PURPOSES}
    mine = _written(path, json.dumps(keys, indent=1).encode())
    try:
        os.link(mine, path)
        sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        mine.unlink()


def _written(path: Path, content: bytes) -> Path:
    """Return a file beside ``path`` with this content, on the disk, for its owner only."""
    # Not named by the process: in a container every start is process 1, and one killed in here
    # would leave its file in the way of all that follow.
    mine = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return mine
