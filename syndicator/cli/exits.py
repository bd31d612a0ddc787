"""Exit codes, and the settings every command begins with."""

from __future__ import annotations

import os
from enum import IntEnum

from syndicator.config import Settings, load


class Exit(IntEnum):
    """What the exit code of a command says; the package's docstring is for people."""

    DONE = 0
    IN_PART = 1
    WRONG = 2
    RUNNING = 3
    SCHEMA = 4
    AGAIN = 75


def settings() -> Settings:
    """Return the settings of this environment.

    Raises:
        ConfigError: with every problem at once.
    """
    return load(os.environ)
