"""``make bench``: how fast we pull and serve, beside others, in one run on one machine.

Everything is on loopback. A peer that is not here is named and left out. Figures are
medians; a ratio is ours over theirs.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import certifi
import trustme
from web import host, url

HERE = Path(__file__).parent
PEERS = HERE / ".venv-peers"
FEEDS = 300
FEEDS_TLS = 100
RUNS = 3
WRK_RUNS = 5
WRK_SECONDS = 1
LONGEST = 100
"""Seconds that any one measurement may take."""

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  sendfile on; open_file_cache max=16;
  server {{
    listen 127.0.0.1:{port}; root {folder};
    location = /feed.xml {{ gzip_static on; default_type application/rss+xml; }}
    location = /feed.xml.br {{ add_header Content-Encoding br; default_type application/rss+xml; }}
  }}
}}
"""


def main() -> None:
    """Print the table."""
    began = time.monotonic()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-") as name:
        folder = Path(name)
        _pulls(folder)
        _serving(folder)
    print(f"\n{time.monotonic() - began:.0f} s in all; medians of {RUNS} runs, serving {WRK_RUNS}")


# --- pulling --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Feeds:
    """The made feeds of one measurement; ``trust`` is the file of authorities to believe."""

    count: int
    port: int
    trust: Path | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.trust else "http"


def _pulls(folder: Path) -> None:
    with _web(folder, count=FEEDS) as feeds:
        ours, theirs = _both(folder, feeds)
    print(f"\nPulling {FEEDS} feeds of about 50 KB over http, one address each")
    _row("", f"syndicator {ours[0]['version']}", _named("reader", theirs), "ratio")
    _row("first pull, feeds/s", *_compared(*(_rate(runs, 0) for runs in (ours, theirs))))
    _row("all 304, feeds/s", *_compared(*(_rate(runs, 1) for runs in (ours, theirs))))
    _row("memory, MB", *_compared(*(_megabytes(runs) for runs in (ours, theirs))))
    with _web(folder, count=FEEDS_TLS, trust=folder / "trust.pem") as feeds:
        ours, theirs = _both(folder, feeds)
    _row("all 304 over https", *_compared(*(_rate(runs, 1) for runs in (ours, theirs))))


@contextmanager
def _web(folder: Path, *, count: int, trust: Path | None = None) -> Iterator[_Feeds]:
    """Serve the feeds while the block runs, over https if ``trust`` names a file to write."""
    feeds = _Feeds(count=count, port=_free_port(), trust=trust)
    command = [sys.executable, str(HERE / "web.py"), str(count), str(feeds.port)]
    if trust:
        command.append(str(_certificate(folder, trust, count=count)))
    with _running(command, cwd=folder, port=feeds.port):
        yield feeds


def _certificate(folder: Path, trust: Path, *, count: int) -> Path:
    """Make an authority for this run and return the key and certificate of the feeds' addresses.

    It is trusted beside those that everybody trusts: who reads them all anew for each feed pays
    here as anywhere.
    """
    authority = trustme.CA()
    trust.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
    ours = authority.issue_cert(*(host(index) for index in range(count)))
    pem = folder / "web.pem"
    pem.write_bytes(ours.private_key_and_cert_chain_pem.bytes())
    return pem


Runs = Sequence[Mapping[str, Any]]


def _both(folder: Path, feeds: _Feeds) -> tuple[Runs, Runs]:
    peer = _peer()
    ours, theirs = [], []
    for run in range(RUNS):  # in turn: what else the machine does meanwhile falls on both
        place = folder / f"{feeds.scheme}-{run}"
        place.mkdir()
        ours.append(_ours(place, feeds))
        if peer:
            theirs.append(_theirs(place, feeds))
    return ours, theirs


def _rate(runs: Runs, index: int) -> float | None:
    return median([run["read"] / run["seconds"][index] for run in runs]) if runs else None


def _megabytes(runs: Runs) -> float | None:
    return median([run["bytes"] for run in runs]) / 1e6 if runs else None


def _named(name: str, runs: Runs) -> str:
    return f"{name} {runs[0]['version']}" if runs else "-"


def _ours(place: Path, feeds: _Feeds) -> Mapping[str, Any]:
    environ = _settings(place, port=feeds.port, listen=_free_port(), feeds=feeds)
    if feeds.trust:
        environ["SSL_CERT_FILE"] = str(feeds.trust)
    return _result([sys.executable, str(HERE / "ours.py")], environ=environ, count=feeds.count)


def _theirs(place: Path, feeds: _Feeds) -> Mapping[str, Any]:
    command = [_peer_python(), str(HERE / "peer.py"), str(place / "peer.db"), str(feeds.port)]
    command += [str(feeds.count), *([str(feeds.trust)] if feeds.trust else [])]
    return _result(command, environ=dict(os.environ), count=feeds.count)


def _result(command: Sequence[str], *, environ: Mapping[str, str], count: int) -> Mapping[str, Any]:
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[1]}: {done.stderr[-2000:]}")
    result: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if result["read"] != count:
        raise SystemExit(f"{command[1]}: read {result['read']} of {count} feeds")
    return result


def _settings(
    folder: Path, *, port: int, listen: int, feeds: _Feeds | None = None
) -> dict[str, str]:
    """Write a configuration of the made feeds; return the environment that names it."""
    sample = (HERE.parent / "config" / "feeds.toml").read_text(encoding="utf-8")
    bare = re.sub(r"(?ms)^\[\[source\]\].*?(?=^\[\[(?!source)|\Z)", "", sample)
    city = tomllib.loads(bare)["city"][0]["slug"]
    feeds = feeds or _Feeds(count=FEEDS, port=port)
    entries = "".join(
        f'\n[[source]]\nkey = "made-{i}"\ncity = "{city}"\nkind = "blog"\nlicence = "excerpt"\n'
        f'url = "{url(i, port=feeds.port, scheme=feeds.scheme)}"\n'
        for i in range(feeds.count)
    )
    config = folder / "feeds.toml"
    config.write_text(bare + entries, encoding="utf-8")
    return dict(os.environ) | {
        "PYTHONPATH": str(HERE.parent),
        "SYNDICATOR_CONFIG": str(config),
        "SYNDICATOR_DATA": str(folder / "data"),
        "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "SYNDICATOR_ALLOW_PORTS": str(port),
        "SYNDICATOR_LISTEN": f"127.0.0.1:{listen}",
    }


def _peer_python() -> str:
    return str(PEERS / "bin" / "python")


def _peer() -> bool:
    """Make the peer's environment once; False, with a line, if that cannot be done here."""
    pip = [_peer_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        if not (PEERS / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
            # feedparser needs sgmllib3k there, which reader does not ask for.
            subprocess.run([*pip, "--no-input", "reader", "sgmllib3k"], check=True, timeout=LONGEST)
            (PEERS / "ready").touch()
    except (subprocess.SubprocessError, OSError) as error:
        print(f"reader left out: it could not be installed ({error})")
        return False
    return True


# --- serving --------------------------------------------------------------------------------------


def _serving(folder: Path) -> None:
    missing = [tool for tool in ("nginx", "wrk") if shutil.which(tool) is None]
    if missing:
        print(f"\nServing left out: apt-get install {' '.join(missing)}")
        return
    folder = folder / "serving"
    folder.mkdir()
    ours, theirs, bare = _free_port(), _free_port(), _free_port()
    environ = _settings(folder, port=9, listen=ours)
    command = [sys.executable, str(HERE / "serve.py")]
    with _running(command, cwd=folder, port=ours, environ=environ):
        nginx = folder / "nginx.conf"
        nginx.write_text(NGINX.format(folder=folder, port=theirs))
        folder.chmod(0o755)
        folder.parent.chmod(0o755)
        app = [sys.executable, str(HERE / "bare.py"), str(bare)]
        with (
            _running(["nginx", "-c", str(nginx)], cwd=folder, port=theirs),
            _running(app, cwd=folder, port=bare),
        ):
            print("\nServing /feed.xml (200 KB), one process, requests/s")
            _served("syndicator", ours, theirs)
            print("The same by uvicorn with an app of ten lines: what no app on it can exceed")
            _served("bare ASGI app", bare, theirs)


def _served(name: str, ours: int, theirs: int) -> None:
    _row("", name, _nginx_version(), "ratio")
    own, other = f"http://127.0.0.1:{ours}/feed.xml", f"http://127.0.0.1:{theirs}/feed.xml"
    for name, beside, header in (
        ("identity", other, "Accept-Encoding: identity"),
        ("gzip", other, "Accept-Encoding: gzip"),
        ("br", f"{other}.br", "Accept-Encoding: br"),
    ):
        _row(name, *_compared(_wrk(own, header), _wrk(beside, header)))
    unchanged = (_wrk(address, f"If-None-Match: {_etag(address)}") for address in (own, other))
    _row("304", *_compared(*unchanged))


def _etag(address: str) -> str:
    with urllib.request.urlopen(address, timeout=LONGEST) as answer:
        return str(answer.headers["ETag"])


def _nginx_version() -> str:
    done = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True)
    return done.stderr.strip().rpartition(" ")[2]


def _wrk(address: str, header: str) -> float:
    command = ["wrk", "-t1", "-c32", f"-d{WRK_SECONDS}s", "-H", header, address]
    figures = []
    for _ in range(WRK_RUNS):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONGEST)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        if rate is None or "Non-2xx or 3xx" in done.stdout:
            raise SystemExit(f"{address}: {done.stdout}")
        figures.append(float(rate[1]))
    return median(figures)


# --- both -----------------------------------------------------------------------------------------


def _compared(ours: float | None, theirs: float | None) -> tuple[str, str, str]:
    if ours is None or theirs is None:
        return "-" if ours is None else f"{ours:,.0f}", "-", ""
    return f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.2f}"


def _row(name: str, ours: str, theirs: str, ratio: str) -> None:
    print(f"{name:24}{ours:>20}{theirs:>20}{ratio:>10}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], *, cwd: Path, port: int, environ: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server while the block runs; it is ready once its port answers."""
    with (cwd / f"{port}.log").open("w") as log:
        server = subprocess.Popen(command, cwd=cwd, env=environ, stdout=log, stderr=log)
    try:
        _wait_for(server, port=port, log=cwd / f"{port}.log")
        yield
    finally:
        server.terminate()
        server.wait(timeout=LONGEST)


def _wait_for(server: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{server.args!r}: did not start: {log.read_text()}")


if __name__ == "__main__":
    main()
