"""The end of ``run``: in time, whatever is still at work."""

from __future__ import annotations

import subprocess
import sys

STUCK = """
import threading
from datetime import timedelta
from syndicator.app.serving import leave
from syndicator.engines.embedded import Embedded, Work

began = threading.Event()
def run(engine, key):
    began.set()
    threading.Event().wait(60)

engine = Embedded({"stuck": Work(run=run)})
engine.wake("stuck", "")
began.wait(20)
assert not engine.close(within=timedelta(0))
leave(engine)
"""


def test_work_that_outlives_its_drain_does_not_keep_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK], timeout=40, check=False)

    assert ended.returncode == 0
