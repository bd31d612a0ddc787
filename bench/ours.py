"""Pulls the made feeds as ``syndicator pull --all`` does: ``ours.py``, settings by environment.

Prints the seconds of a first pull and of one in which every answer is 304; neither publishes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from memory import held_bytes

from syndicator import __version__, config
from syndicator.app import App, opened
from syndicator.pipeline.feeds.pull_all import due, pull_all


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _pull(app: App) -> int:
    read = 0
    for pulled in pull_all(app.puller, due(app.puller, early=True), early=True):
        if pulled.failed is not None:
            raise SystemExit(f"{pulled.source.key}: {pulled.failed[1]}")
        read += 1
    return read


def main() -> None:
    """Pull twice."""
    with opened(config.load(os.environ)) as app:
        read = len(due(app.puller, early=True))
        first = _timed(lambda: _pull(app))
        held = held_bytes()
        again = _timed(lambda: _pull(app))
    seconds = [first, again]
    facts = {"version": __version__, "seconds": seconds, "read": read, "bytes": held}
    print(json.dumps(facts))


if __name__ == "__main__":  # the parser's children import this file again
    main()
