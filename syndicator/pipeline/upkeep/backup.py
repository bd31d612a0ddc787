"""A backup: everything that cannot be made again, in one file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syndicator import __version__
from syndicator.errors import KeyringMissing
from syndicator.pipeline.data_folder import KEYRING
from syndicator.store.db.database import Database
from syndicator.store.upkeep import backup as backups
from syndicator.store.upkeep import backup_file
from syndicator.store.upkeep.backup import Progress
from syndicator.store.upkeep.backup_file import Manifest
from syndicator.store.upkeep.journal import FILE_NAME

_OURS = re.compile(r"syndicator-\d{8}T\d{6}Z\.tar\.gz")


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A backup that was made, and older ones that were removed for it."""

    path: Path
    manifest: Manifest
    size_bytes: int
    removed: tuple[Path, ...]


def back_up(
    database: Database,
    out: Path,
    *,
    data_dir: Path,
    keep: int | None,
    now: datetime,
    progress: Progress,
) -> Backup:
    """Write a backup to ``out``, a file, or a folder that gets one named by the moment.

    Args:
        keep: how many of the folder's backups stay, this one among them; ``None`` is all.

    Raises:
        KeyringMissing: the keys of the database are not in the data folder.
        SchemaMismatch: there is nothing to back up, or a newer program made it.
        OSError: ``out`` cannot be written.
    """
    path = out / f"syndicator-{now:%Y%m%dT%H%M%SZ}.tar.gz" if out.is_dir() else out
    keys = data_dir / KEYRING
    if not keys.exists():
        raise KeyringMissing(f"{keys}: a backup without the keys would be worth little: copy them")
    with backup_file.written(path, at=now) as writer:
        manifest = backups.back_up(
            database,
            writer,
            keyring=keys.read_bytes(),
            journal=data_dir / FILE_NAME,
            program=__version__,
            now=now,
            progress=progress,
        )
    removed = _thin_out(out, keep) if keep is not None and out.is_dir() else ()
    return Backup(path=path, manifest=manifest, size_bytes=path.stat().st_size, removed=removed)


def _thin_out(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest backups; their names sort as their moments do."""
    ours = sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name))
    gone = tuple(ours[: max(len(ours) - keep, 0)])
    for path in gone:
        path.unlink()
    return gone
