"""``bounce``, as a mail server calls it: a process, a message on its standard input, a code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.app import opened
from syndicator.cli.exits import Exit
from syndicator.config import load
from syndicator.deliver.email.bounce import LONGEST
from syndicator.model import SuppressedBecause, Tag, TagKind
from syndicator.pipeline.data_folder import keyring
from syndicator.store.people import suppressions
from syndicator.subscribe.tokens import verp
from tests.cli.upkeep.test_mail_check import config
from tests.cli.world import Output, Town
from tests.pipeline.returned import dsn
from tests.store.mailed import delivered, subscribed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path) -> Town:
    """An installation that mailed Maija once: delivery 1."""
    environment = {
        "SYNDICATOR_CONFIG": str(config(tmp_path, "koosteet.fi")),
        "SYNDICATOR_DATA": str(tmp_path / "data"),
    }
    with opened(load(environment)) as app, app.database.write() as tx:
        delivered(tx, subscribed(tx), week=48)
    return Town(folder=tmp_path, blogs="", environment=environment)


def piped(here: Town, message: bytes, **environment: str) -> Output:
    done = subprocess.run(
        [sys.executable, "-m", "syndicator", "bounce"],
        input=message,
        cwd=ROOT,
        env=os.environ | here.environment | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Output(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def report(here: Town) -> bytes:
    key = keyring(here.folder / "data").unsubscribe
    tag = Tag(kind=TagKind.DELIVERY, id=1, address="maija")
    return dsn(verp("palautus@koosteet.fi", tag, key))


def test_a_report_is_stored_then_listed_and_taken_once(here: Town) -> None:
    first, again = piped(here, report(here)), piped(here, report(here))

    assert (first.code, again.code) == (Exit.DONE, Exit.DONE)
    assert first.out == "hard of delivery 1; the address is not mailed any more\n"
    assert again.out == "hard of delivery 1, known before\n"
    with opened(load(here.environment)) as app, app.database.read() as tx:
        found = suppressions.get(tx, "maija")
    assert found is not None
    assert found.reason is SuppressedBecause.HARD_BOUNCE
    listed = here.says("mail", "returned").out
    assert "hard       delivery 1      5.1.1 550 5.1.1 <address> no" in listed


@pytest.mark.parametrize(
    "broken",
    [
        {"SYNDICATOR_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        {"SYNDICATOR_CONFIG": "/nowhere/feeds.toml"},
        {"SYNDICATOR_DATA": "/proc/nowhere"},
    ],
)
def test_whatever_keeps_us_from_storing_the_mail_server_is_told_to_try_again(
    here: Town, broken: dict[str, str]
) -> None:
    said = piped(here, report(here), **broken)

    assert said.code == Exit.AGAIN == os.EX_TEMPFAIL
    assert said.err
    assert "Traceback" not in said.err


def test_a_huge_message_is_read_to_its_end(here: Town) -> None:
    said = piped(here, report(here) + b"x" * (3 * LONGEST))

    assert said.code == Exit.DONE
    assert "hard of delivery 1" in said.out
