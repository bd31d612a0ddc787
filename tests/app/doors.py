"""The doors through which somebody leaves, each as it is opened from outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage

from syndicator.app.website import website
from syndicator.model import EmailKind, SuppressedBecause
from syndicator.pipeline.issues.bounces import bounce_reader, process_report
from syndicator.pipeline.people import change_address, erase, leave, preferences
from syndicator.store.people import transactional_emails
from tests.app.test_coming_back import report_on
from tests.app.test_editors import Office
from tests.web.asgi import ask


def address_of(name: str) -> str:
    """Return the address of a reader of this name."""
    return f"{name}@kauhajoki.fi"


def name_of(address: str) -> str:
    """Return the name of the reader with this address."""
    return address.partition("@")[0]


Door = Callable[[Office, str, str, EmailMessage], None]
"""Lets somebody leave: who, where reports on the mail to them go, and that mail."""


def by_one_click(office: Office, _name: str, _sender: str, mail: EmailMessage) -> None:
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = b"List-Unsubscribe=One-Click"
    way = unsubscribe_path(mail)
    assert ask(website(office.app), way, method="POST", headers=headers, body=body).status == 200


def by_page(office: Office, _name: str, _sender: str, mail: EmailMessage) -> None:
    assert office.page(unsubscribe_path(mail)).status == 200
    assert office.page(unsubscribe_path(mail), step="leave").status == 200


def unsubscribe_path(mail: EmailMessage) -> str:
    (path,) = re.findall(r"<https://koosteet\.fi(/[^>]+)>", mail["List-Unsubscribe"])
    return str(path)


def by_mail(office: Office, name: str, _sender: str, mail: EmailMessage) -> None:
    ((to, subject),) = re.findall(r"<mailto:([^?>]+)\?subject=([^>]+)>", mail["List-Unsubscribe"])
    came = f"From: {address_of(name)}\nTo: {to}\nSubject: {subject}\n\n".encode()
    assert came_back(office, came) == "leave"


def by_bounce(office: Office, name: str, sender: str, mail: EmailMessage) -> None:
    assert came_back(office, report_on(sender, mail, recipient=address_of(name))) == "hard"


def by_complaint(office: Office, name: str, sender: str, mail: EmailMessage) -> None:
    report = report_on(sender, mail, recipient=address_of(name))
    report = report.replace(b"delivery-status", b"feedback-report")
    report = report.replace(b"Reporting-MTA: dns; mx.k.fi", b"Feedback-Type: abuse")
    assert came_back(office, report) == "complaint"


def came_back(office: Office, message: bytes) -> str:
    app = office.app
    return process_report(bounce_reader(app.settings, app.database, now=office.clock), message).kind


def by_erasure(office: Office, name: str, _sender: str, _mail: EmailMessage) -> None:
    assert erase.erase(office.app.subscriptions, preferences_link(office, name))


def by_command_erased(office: Office, name: str, _sender: str, _mail: EmailMessage) -> None:
    assert erase.erase_address(office.app.subscriptions, address_of(name))


def by_command(office: Office, name: str, _sender: str, _mail: EmailMessage) -> None:
    subscriptions = office.app.subscriptions
    why = SuppressedBecause.BY_EDITOR
    assert leave.suppress(subscriptions, subscriptions.hash_of(address_of(name)), why)


def by_moving(office: Office, name: str, _sender: str, _mail: EmailMessage) -> None:
    subscriptions, elsewhere = office.app.subscriptions, address_of(f"{name}.uusi")
    assert change_address.request(subscriptions, preferences_link(office, name), elsewhere)
    assert change_address.confirm(
        subscriptions, link(office, EmailKind.NEW_ADDRESS, elsewhere)
    ).works


def by_refusal(_office: Office, _name: str, _sender: str, _mail: EmailMessage) -> None:
    """The relay does it, in the middle of the send."""


def preferences_link(office: Office, name: str) -> str:
    preferences.mail_link(office.app.subscriptions, address_of(name), "fi")
    return link(office, EmailKind.LINK, address_of(name))


def link(office: Office, kind: EmailKind, address: str) -> str:
    """Return the token in the letter of this kind to an address; the letters are sent then."""
    now = office.clock.at
    with office.app.database.write() as tx:
        taken = transactional_emails.claim(tx, now=now, lease=timedelta(minutes=1), limit=100)
        for email in taken:
            transactional_emails.mark_sent(tx, email.id, now=now)
    (mine,) = (one for one in taken if (one.kind, one.address) == (kind, address))
    return office.app.subscriptions.tokens.sign(mine)


DOORS: Mapping[str, Door] = {
    "napista": by_one_click,
    "sivulta": by_page,
    "postilla": by_mail,
    "palautuu": by_bounce,
    "torjutaan": by_refusal,
    "valittaa": by_complaint,
    "poistuu": by_erasure,
    "poistetaan": by_command_erased,
    "estetty": by_command,
    "muuttaa": by_moving,
}
