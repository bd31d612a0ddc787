"""The whole life of a child process that reads feeds: ``python -m syndicator.parse.worker FD``.

It talks over one socket with the parent (``pool``): first it says it is ready, then it answers
each job. It ends when the socket does, so no parent's death leaves it behind; a document that
never ends is cut short by an alarm of its own even when no parent is left to kill it.

Messages are pickles, length first: a job is (body, content_type, url, language, defaults, seconds),
an answer is (kind, what, resident bytes).
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import resource
import signal
import sys
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any

# feedparser imports chardet where it is installed and asks it about undeclared bytes; it only ever
# gets UTF-8 from us, and the detector is 3 MB in every child.
sys.modules.setdefault("chardet", None)  # type: ignore[arg-type]
sys.modules.setdefault("cchardet", None)  # type: ignore[arg-type]

from syndicator.errors import ParseFailed  # noqa: E402
from syndicator.model import Reason  # noqa: E402
from syndicator.parse import document  # noqa: E402
from syndicator.parse.defaults import Defaults  # noqa: E402

_MEMORY_BYTES = 1 << 30
_GRACE_SECONDS = 2


def main() -> None:
    """Answer jobs until the parent closes its end."""
    # The parent ends us by closing the socket. A signal to the whole group (Ctrl-C, a service
    # manager's stop) must not cost the feed in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    gc.freeze()
    pipe = Connection(int(sys.argv[1]))
    try:
        pipe.send_bytes(dumped(("ready", None, resident_bytes())))
        while True:
            answer_job(pipe)
    except (EOFError, ConnectionError):
        return


def answer_job(pipe: Connection) -> None:
    """Take one job and answer it."""
    body, content_type, url, language, defaults, seconds = pickle.loads(pipe.recv_bytes())
    signal.alarm(int(seconds) + _GRACE_SECONDS)
    kind, what = answer(
        body, content_type=content_type, url=url, language=language, defaults=defaults
    )
    signal.alarm(0)
    pipe.send_bytes(dumped((kind, what, resident_bytes())))


def answer(
    body: bytes,
    *,
    content_type: str | None,
    url: str,
    language: str | None,
    defaults: Defaults,
) -> tuple[str, object]:
    """Return ("read", ParsedFeed) or ("failed", (reason, detail)), whatever the body does to us."""
    try:
        feed = document.read(
            body, content_type=content_type, url=url, language=language, defaults=defaults
        )
    except ParseFailed as error:
        return "failed", (error.reason, error.detail)
    except MemoryError:
        return "failed", (Reason.UNREADABLE, "reading needed more memory than allowed")
    except Exception as error:  # noqa: BLE001
        # The outermost loop of a process of its own: libraries raise whatever a hostile document
        # makes them raise. A child that died of it could not tell the parent why, and would cost
        # the next feed the start of another. The answer says what it was instead of a log.
        return "failed", (Reason.UNREADABLE, f"the reader stumbled: {error!r}"[:300])
    return "read", feed


class _Plainly(pickle.Pickler):
    """Pickles an enumeration's member as a call of its class, which the parent lets through.

    Python 3.11.0 to 3.11.3, Debian 12's among them, would name ``getattr``: it can act, so the
    parent refuses it, and every feed with it.
    """

    def reducer_override(self, value: object) -> Any:
        if isinstance(value, Enum):
            return type(value), (value.value,)
        return NotImplemented


def dumped(answer: object) -> bytes:
    """Return an answer as bytes that name nothing but our nouns, on every Python."""
    out = io.BytesIO()
    _Plainly(out, pickle.HIGHEST_PROTOCOL).dump(answer)
    return out.getvalue()


def resident_bytes() -> int:
    """Return how much memory this process holds now (0 where the system does not tell)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main()
