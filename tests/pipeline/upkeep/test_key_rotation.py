"""New versions of keys: what they sign, what is read on, and who finds them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from syndicator.app import opened
from syndicator.config import Settings, load
from syndicator.model import Cadence, EmailKind, Selection, TransactionalEmail
from syndicator.pipeline.data_folder import KEYRING, keyring, keyring_in
from syndicator.pipeline.people.confirm import confirm
from syndicator.pipeline.people.sign_up import sign_up
from syndicator.pipeline.people.transactional_sender import subscriber_writers
from syndicator.pipeline.upkeep.key_rotation import READ_ON, drop_late, joined, rotate, versions
from syndicator.store.people import transactional_emails
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.email_tokens import LASTS
from syndicator.subscribe.sign_up import SignUpRequest
from syndicator.subscribe.tokens import Purpose, read_unsubscribe, unsubscribe_token
from tests.builders import LOCALES, NOW

READER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
LATER = NOW + timedelta(days=365)


def link(folder: Path) -> str:
    return keyring(folder).tokens.sign(Purpose.CONFIRM, "x", until=LATER)


def reads(folder: Path, token: str, *, days: float = 0) -> bool:
    """Return whether a link is read so many days later."""
    now = NOW + timedelta(days=days)
    return keyring(folder).tokens.read(Purpose.CONFIRM, token, now=now) == "x"


def test_a_link_mailed_before_is_read_for_its_time_and_no_longer(tmp_path: Path) -> None:
    before = link(tmp_path)
    assert rotate(tmp_path, "session", now=NOW) == 2
    assert link(tmp_path) != before
    assert reads(tmp_path, link(tmp_path), days=300)
    assert reads(tmp_path, before)
    assert reads(tmp_path, before, days=READ_ON.days - 0.1)
    assert not reads(tmp_path, before, days=READ_ON.days)


def test_no_letter_outlives_the_key_it_was_signed_with() -> None:
    assert max(LASTS.values()) < READ_ON


def test_a_key_keeps_its_end_when_the_next_one_comes(tmp_path: Path) -> None:
    first = link(tmp_path)
    rotate(tmp_path, "session", now=NOW)
    second = link(tmp_path)
    rotate(tmp_path, "session", now=NOW + timedelta(days=7))
    assert not reads(tmp_path, first, days=8)
    assert reads(tmp_path, second, days=14)


def test_a_key_that_may_have_leaked_is_read_no_more(tmp_path: Path) -> None:
    rotate(tmp_path, "session", now=NOW)
    before = link(tmp_path)
    rotate(tmp_path, "session", now=NOW, leaked=True)
    assert not reads(tmp_path, before)
    assert [one.number for one in versions(tmp_path) if one.purpose == "session"] == [3]


def test_keys_that_nobody_reads_leave_the_file(tmp_path: Path) -> None:
    rotate(tmp_path, "session", now=NOW)
    drop_late(tmp_path, now=NOW + READ_ON - timedelta(seconds=1))
    assert len(json.loads((tmp_path / KEYRING).read_text())["session"]) == 2
    drop_late(tmp_path, now=NOW + READ_ON)
    assert len(json.loads((tmp_path / KEYRING).read_text())["session"]) == 1


def test_a_way_out_is_read_for_ever_and_hashes_never_change(tmp_path: Path) -> None:
    """Promise 10."""
    old = keyring(tmp_path)
    ways = [unsubscribe_token(READER, old.unsubscribe)]
    for _ in range(3):
        rotate(tmp_path, "unsubscribe", now=NOW)
        ways.append(unsubscribe_token(READER, keyring(tmp_path).unsubscribe))
    new = keyring(tmp_path)
    assert len(set(ways)) == 4
    assert {read_unsubscribe(way, new.unsubscribe_versions) for way in ways} == {READER}
    assert (new.suppression, new.session, new.word) == (old.suppression, old.session, old.word)


def test_the_file_stays_its_owners_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    keyring(tmp_path)
    rotate(tmp_path, "session", now=NOW)
    assert stat.S_IMODE((tmp_path / KEYRING).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEYRING]


ROTATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from syndicator.pipeline.upkeep.key_rotation import rotate
print("ready", flush=True)
sys.stdin.read()
for _ in range(10):
    rotate(Path(sys.argv[1]), "unsubscribe", now=datetime.now(UTC))
"""


def test_of_rotations_at_once_none_is_lost(tmp_path: Path) -> None:
    """A version that signed and then vanished would leave dead ways out in mails."""
    keyring(tmp_path)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    started = [
        subprocess.Popen([sys.executable, "-c", ROTATE, str(tmp_path)], text=True, **pipes)  # type: ignore[call-overload]
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.close()
        process.stdin = None
    for process in started:
        process.communicate(timeout=60)
    assert len(keyring(tmp_path).unsubscribe_versions) == 21


def test_pages_that_run_read_links_of_a_new_key_and_of_the_one_before(tmp_path: Path) -> None:
    """Nothing has to be restarted: letters are written with the newest at once."""
    settings = load({"SYNDICATOR_DATA": str(tmp_path)})
    with opened(settings, clock=lambda: NOW) as app:
        tokens = []
        for name in ("maija", "pekka"):
            sign_up(
                app.subscriptions,
                SignUpRequest(
                    address=f"{name}@raahe.fi",
                    selection=Selection(language="fi", cadence=Cadence.WEEKLY),
                    page="/fi/subscribe",
                    text_version=text_version(LOCALES["fi"]),
                ),
            )
            with app.database.write() as tx:
                (email,) = transactional_emails.claim(tx, now=NOW, lease=timedelta(hours=1))
            tokens.append(app.subscriptions.tokens.sign(email))
            assert tokens[-1] in words_of(email, app.settings)
            rotate(tmp_path, "session", now=NOW)
        assert all(confirm(app.subscriptions, token).selection is not None for token in tokens)


def words_of(email: TransactionalEmail, settings: Settings) -> str:
    keys = keyring(settings.deployment.data_dir)
    return subscriber_writers(settings, keys)[EmailKind.CONFIRM](email).text


def test_a_keyring_takes_the_ways_out_of_another_copy_and_keeps_its_own(tmp_path: Path) -> None:
    """A backup may know a version that an older copy of the file does not, and the other way."""
    keyring(tmp_path)
    whole = (tmp_path / KEYRING).read_bytes()
    rotate(tmp_path, "unsubscribe", now=NOW)
    mine = (tmp_path / KEYRING).read_bytes()
    (tmp_path / KEYRING).write_bytes(whole)
    rotate(tmp_path, "unsubscribe", now=NOW + timedelta(days=1))
    theirs = (tmp_path / KEYRING).read_bytes()

    both = keyring_in(joined(mine, theirs))

    expected = {*keyring_in(mine).unsubscribe_versions, *keyring_in(theirs).unsubscribe_versions}
    assert set(both.unsubscribe_versions) == expected
    assert len(expected) == 3
    assert both.session == keyring_in(mine).session
    assert joined(mine, whole) == mine
