"""The whole way out and back: a real SMTP server, its report piped in, and who the next issue
leaves out (E10)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from syndicator.model import IssueState
from syndicator.pipeline.issues.advance import advance
from syndicator.store.feeds import sources
from tests.app.test_editors import CUT_OFF, SLOT, Office, link, office_of
from tests.app.test_ticks import tick
from tests.builders import an_entry
from tests.deliver.email.test_smtp import Post, open_post
from tests.store.stored import apply, new

ROOT = Path(__file__).parents[2]
WEEK = timedelta(days=7)
BOUNCES = "palautus@koosteet.fi"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def office(tmp_path: Path, post: Post) -> Iterator[Office]:
    with open_post(post) as port:
        url = f"smtp://127.0.0.1:{port}"
        yield from office_of(tmp_path / "data", smtp_url=url, bounces=BOUNCES)


def caught(post: Post) -> dict[str, tuple[str, EmailMessage]]:
    """Return what came to each reader since the last look: envelope sender and message."""
    found = {
        recipients[0]: (sender or "", message_from_bytes(body or b"", policy=policy.default))
        for sender, recipients, body in post.taken
    }
    post.taken.clear()
    return found


def sent(office: Office, *, week: int) -> None:
    """Let this week's issue be approved and sent."""
    tick(office, at=week * WEEK)
    office.push(link(office.post()[0][1]), "approve")
    tick(office, at=SLOT - CUT_OFF + week * WEEK)
    assert office.issue().state is IssueState.SENT


def a_new_post(office: Office) -> None:
    office.clock.at = CUT_OFF + timedelta(days=3)
    advance(office.app.editorial)
    with office.app.database.read() as tx:
        source = sources.list_all(tx)[0]
    entry = an_entry("https://blogi.kauhajoki.fi/?p=kolme", published=office.clock.at)
    apply(
        office.app.database,
        source,
        now=office.clock.at,
        new=(new(entry, recency=office.clock.at),),
    )


def piped(folder: Path, message: bytes) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "syndicator", "bounce"],
        input=message,
        cwd=ROOT,
        env={"SYNDICATOR_DATA": str(folder / "data"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


def report_on(sender: str, mail: EmailMessage, *, recipient: str) -> bytes:
    """Return the report of a server that does not know the recipient, as RFC 3464 has it."""
    whole, recipient_part = Message(), Message()
    whole["Reporting-MTA"] = "dns; mx.k.fi"
    recipient_part["Final-Recipient"] = f"rfc822; {recipient}"
    recipient_part["Action"] = "failed"
    recipient_part["Status"] = "5.1.1"
    recipient_part["Diagnostic-Code"] = f"smtp; 550 5.1.1 <{recipient}>: User unknown"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([whole, recipient_part])
    made = MIMEMultipart("report", report_type="delivery-status")
    made["From"] = "MAILER-DAEMON@mx.k.fi"
    made["To"] = sender
    made["Subject"] = "Undelivered Mail Returned to Sender"
    made.attach(MIMEText("I'm sorry to have to inform you ...", "plain", "us-ascii"))
    made.attach(status)
    made.attach(MIMEMessage(mail))
    return made.as_bytes()


def test_whoever_does_not_exist_or_asks_by_mail_to_leave_is_left_out_of_the_next_issue(
    office: Office, post: Post, tmp_path: Path
) -> None:
    sent(office, week=0)
    first = caught(post)
    assert set(first) == {"fi@k.fi", "fi2@k.fi", "sv@k.fi"}

    said = piped(tmp_path, report_on(*first["fi@k.fi"], recipient="fi@k.fi"))
    assert said.startswith("hard of delivery ")
    assert "not mailed any more" not in said, "reports of a whole day are looked at together"

    (address, subject) = re.findall(
        r"<mailto:([^?>]+)\?subject=([^>]+)>", first["sv@k.fi"][1]["List-Unsubscribe"]
    )[0]
    assert address == BOUNCES
    leaving = f"From: sv@k.fi\nTo: {address}\nSubject: {subject}\n\n"
    assert piped(tmp_path, leaving.encode()) == "leave\n"

    tick(office, at=timedelta(days=3))
    a_new_post(office)
    sent(office, week=1)
    assert set(caught(post)) == {"fi2@k.fi"}


def test_a_report_without_our_signature_leaves_nobody_out(
    office: Office, post: Post, tmp_path: Path
) -> None:
    sent(office, week=0)
    sender, mail = caught(post)["fi@k.fi"]
    forged = re.sub(r"-[0-9a-f]{12}@", "-0123456789ab@", sender)
    del mail["List-Unsubscribe"]

    assert piped(tmp_path, report_on(forged, mail, recipient="fi@k.fi")) == "hard\n"

    a_new_post(office)
    sent(office, week=1)
    assert set(caught(post)) == {"fi@k.fi", "fi2@k.fi", "sv@k.fi"}
