"""Pulls the made feeds with the package ``reader``: ``peer.py DATABASE PORT N [TRUST]``.

Runs in an environment of its own, so nothing of ours is imported. Prints the seconds of a first
pull and of one in which every answer is 304.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import requests.adapters  # type: ignore[import-untyped,unused-ignore]
from memory import held_bytes
from reader import make_reader  # type: ignore[import-not-found,unused-ignore]


def main(database: str, port: str, count: str, trust: str = "") -> None:
    """Pull twice, with as many workers as our own program; over https if ``trust`` is given."""
    scheme = "https" if trust else "http"
    if trust:  # reader asks requests in a way that does not look at REQUESTS_CA_BUNDLE
        requests.adapters.DEFAULT_CA_BUNDLE_PATH = trust  # type: ignore[attr-defined,unused-ignore]
    reader = make_reader(database)
    for index in range(int(count)):
        reader.add_feed(f"{scheme}://127.1.{index // 200}.{1 + index % 200}:{port}/feed")
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        reader.update_feeds(scheduled=False, workers=16)
        seconds.append(time.perf_counter() - began)
    facts = {
        "version": version("reader"),
        "seconds": seconds,
        "read": reader.get_feed_counts(broken=False).total,
        "bytes": held_bytes(),
    }
    print(json.dumps(facts))


main(*sys.argv[1:])
