"""``run`` as a process of its own: what it says, serves, refuses, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.request import urlopen

from syndicator.cli.exits import Exit
from syndicator.demo.show import MARK
from syndicator.store.db.database import FILE_NAME
from tests.cli.world import town
from tests.test_whole_way import free_port

COMMAND = [sys.executable, "-m", "syndicator", "run"]
SOON = 5
PATIENCE = 60


def test_run_lets_commands_beside_it_refuses_a_second_one_and_ends_when_told(
    tmp_path: Path,
) -> None:
    port = free_port()
    with town(tmp_path, port=port) as here:
        environment = {**os.environ, **here.environment, "PYTHONUNBUFFERED": "1"}
        log = tmp_path / "log"
        with (
            log.open("wb") as errors,
            subprocess.Popen(
                COMMAND, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            ) as running,
        ):
            try:
                assert running.stdout is not None
                said = [running.stdout.readline() for _ in range(6)]
                assert said[0].endswith(f"http://127.0.0.1:{port}/\n")
                assert "6 sources will be pulled, the first ones:" in said[1]
                assert "raahe-blog" in said[2]
                assert "/status" in said[5]
                assert answered(port, "/healthz") == 200

                second = subprocess.run(
                    COMMAND, env=environment, capture_output=True, text=True, check=False
                )
                assert second.returncode == Exit.RUNNING
                assert f"process {running.pid} is running" in second.stderr

                beside = here.says("pull", "--source", "raahe-blog")
                assert (beside.code, beside.err) == (Exit.DONE, "")
                assert answered(port, "/readyz") == 200

                running.send_signal(signal.SIGTERM)
                assert running.wait(timeout=SOON) == Exit.DONE, log.read_text()
            finally:
                running.kill()


def test_run_on_an_address_that_is_taken_says_so_before_all_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with town(tmp_path, port=port) as here:
            ended = subprocess.run(
                COMMAND,
                env={**os.environ, **here.environment},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )

    assert ended.returncode == Exit.IN_PART
    assert f"127.0.0.1:{port}: Address already in use; set SYNDICATOR_LISTEN" in ended.stderr
    assert ended.stdout == ""
    assert not (here.folder / "data" / FILE_NAME).exists()


def test_a_demonstration_whose_address_is_taken_says_so_and_empties_nothing(
    tmp_path: Path,
) -> None:
    with town(tmp_path) as here, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        filled = tmp_path / "demo"
        filled.mkdir()
        (filled / MARK).touch()
        (filled / "of the last one").touch()

        said = here.says("demo", "--port", str(port), "--data", str(filled))

    assert said.code == Exit.IN_PART
    assert f"127.0.0.1:{port}: Address already in use" in said.err
    assert (filled / "of the last one").exists()


def answered(port: int, path: str) -> int:
    """Ask until the server listens; the connection is refused until then."""
    ends, pause = time.monotonic() + PATIENCE, threading.Event()
    while time.monotonic() < ends:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
                return int(reply.status)
        except OSError as error:
            if not isinstance(getattr(error, "reason", error), ConnectionRefusedError):
                raise
            pause.wait(0.05)
    return 0
