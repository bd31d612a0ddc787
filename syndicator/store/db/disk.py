"""What a file system promises only when it is asked to."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Return when the names in ``folder`` are on the disk: a file that is new, or renamed, is
    there after a power cut, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def close_to_others(path: Path) -> None:
    """Let nobody but its owner read or write a file, if there is one; who is not its owner cannot,
    and leaves it."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
