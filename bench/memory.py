"""How much memory a process and its children hold: shared pages counted once (PSS)."""

from __future__ import annotations

import os
from pathlib import Path


def held_bytes() -> int:
    """Return the PSS of this process and its children now, in bytes."""
    me = os.getpid()
    children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    return sum(_pss(pid) for pid in (str(me), *children))


def _pss(pid: str) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
