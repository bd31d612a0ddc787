"""What servers of strangers say, as it may be kept and shown."""

from __future__ import annotations

import re

LONGEST = 300

_ADDRESS = re.compile(r"<?[^\s@<>\"']+@[^\s@<>\"',;)]+>?")


def plain(words: str) -> str:
    """Return a server's words on one line, without addresses and not too many.

    They stay in the ledger when their reader is erased, and stand in notices that anybody reads.
    """
    line = " ".join(_ADDRESS.sub("<address>", words).split())
    return "".join(c if c.isprintable() else " " for c in line)[:LONGEST]
