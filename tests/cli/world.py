"""The command line as people meet it: a data folder, sample blogs on loopback, and what it said."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from syndicator.app.parts import now
from syndicator.cli import main
from syndicator.demo import blogs
from syndicator.demo.show import CONFIG, served


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a command printed, and the code it ended with."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Town:
    """One installation of the program, and the base address of its sample blogs."""

    folder: Path
    blogs: str
    environment: dict[str, str]

    def says(self, *words: str) -> Output:
        """Run a command to its end in this process, as ``main`` does."""
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            try:
                main(words)
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Output(code=code, out=out.getvalue(), err=err.getvalue())


@contextmanager
def town(folder: Path, *, port: int = 8000) -> Iterator[Town]:
    """Yield an installation in ``folder`` whose sources are the sample blogs, not yet pulled."""
    with served(blogs.serve(("127.0.0.1", 0), now=now())) as web:
        base = f"http://127.0.0.1:{web.server_port}"
        config = folder / "feeds.toml"
        text = CONFIG.read_text(encoding="utf-8")
        config.write_text(
            text.replace("http://blogs.invalid", base).replace("SEND_ON", "monday"), "utf-8"
        )
        yield Town(
            folder=folder,
            blogs=base,
            environment={
                "SYNDICATOR_CONFIG": str(config),
                "SYNDICATOR_DATA": str(folder / "data"),
                "SYNDICATOR_LISTEN": f"127.0.0.1:{port}",
                "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8",
                "SYNDICATOR_ALLOW_PORTS": str(web.server_port),
            },
        )
