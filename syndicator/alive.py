"""``python -m syndicator.alive``: does the web server that SYNDICATOR_LISTEN names answer?

What a container's health check runs every half minute, so it imports nothing of the program: the
whole of it takes a second of processor time to load, this a tenth.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

DEFAULT = "127.0.0.1:8000"
TIMEOUT_S = 4
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""An address that means every address of the machine can be listened on, but not called."""


def address(environ: Mapping[str, str]) -> tuple[str, int]:
    """Return host and port at which the server of this environment can be called.

    Raises:
        ValueError: what is set is no address and port.
    """
    host, _, port = (environ.get("SYNDICATOR_LISTEN") or DEFAULT).rpartition(":")
    host = host.strip("[]")
    return EVERYWHERE.get(host, host), int(port)


def trouble(environ: Mapping[str, str]) -> str | None:
    """Return why the server does not answer /healthz with 200, or ``None`` if it does.

    Not by urllib: it would ask the proxy of the environment, which does not know our loopback.
    """
    try:
        host, port = address(environ)
        connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return f"{environ.get('SYNDICATOR_LISTEN') or DEFAULT}: {error}"
    return None if status == 200 else f"{host}:{port}: /healthz answered {status}"


if __name__ == "__main__":
    sys.exit(trouble(os.environ))
