"""Letters from a form to a real relay on loopback."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from syndicator.app import opened
from syndicator.app.parts import now
from syndicator.app.serving import working
from syndicator.config import Settings, load
from syndicator.model import Cadence, Selection
from syndicator.pipeline.issues.bounces import bounce_reader, process_report
from syndicator.pipeline.people import change_address, confirm, preferences
from syndicator.pipeline.people.sign_up import sign_up
from syndicator.pipeline.people.transactional import SentEmails, send_emails
from syndicator.pipeline.people.transactional_sender import may_send
from syndicator.store.people import subscriber_lists
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import SignUpRequest
from syndicator.tasks import transactional_sender
from tests.builders import LOCALES
from tests.deliver.email.test_smtp import Post, open_post
from tests.pipeline.returned import dsn

REQUEST = SignUpRequest(
    address="maija@raahe.fi",
    selection=Selection(language="sv", cadence=Cadence.WEEKLY),
    page="/sv/subscribe",
    text_version=text_version(LOCALES["sv"]),
)


def settings_at(folder: Path, smtp: str) -> Settings:
    return load({"SYNDICATOR_DATA": str(folder), "SYNDICATOR_SMTP_URL": smtp})


def test_a_form_a_letter_and_its_link_make_a_subscriber(tmp_path: Path) -> None:
    post = Post()
    with open_post(post) as port:
        settings = settings_at(tmp_path, f"smtp://127.0.0.1:{port}")
        with opened(settings) as app:
            subscriptions = app.subscriptions
            sign_up(subscriptions, REQUEST)
            room = transactional_sender(app.editorial, jitter=app.jitter)
            assert send_emails(room) == SentEmails(sent=1)
            ((_, recipients, raw),) = post.taken
            mail = message_from_bytes(raw or b"", policy=policy.default)
            body = mail.get_body(("plain",))
            assert body is not None
            link = next(line for line in body.get_content().splitlines() if "/sv/confirm/" in line)
            token = link.rpartition("/")[2]
            assert recipients == [REQUEST.address]
            assert confirm.check(subscriptions, token).selection == REQUEST.selection
            assert confirm.confirm(subscriptions, token).selection == REQUEST.selection
            assert not change_address.check(subscriptions, token).works
            assert preferences.read(subscriptions, token) is LinkState.BROKEN


def test_a_report_on_a_letter_comes_back_to_it_and_ends_the_request(tmp_path: Path) -> None:
    """E10: the whole way, from the form to a real server's envelope and its report."""
    post = Post()
    with open_post(post) as port:
        settings = settings_at(tmp_path, f"smtp://127.0.0.1:{port}")
        mail = replace(settings.mail, bounces="palautukset@seutu.fi")
        with opened(replace(settings, mail=mail)) as app:
            for _ in range(2):
                sign_up(app.subscriptions, REQUEST)
                sign_up(app.subscriptions, replace(REQUEST, address="pekka@raahe.fi"))
            send_emails(transactional_sender(app.editorial, jitter=app.jitter))
            senders = {recipients[0]: sender for sender, recipients, _ in post.taken}
            back = bounce_reader(app.settings, app.database, now=now)

            taken = process_report(back, dsn(senders[REQUEST.address] or ""))

            assert (taken.kind, taken.email is not None, taken.suppressed) == ("hard", True, False)
            with app.database.read() as tx:
                (there,) = subscriber_lists.next_page(tx)
            assert there.address == "pekka@raahe.fi"


def test_whoever_asks_has_their_letter_before_the_next_tick(tmp_path: Path) -> None:
    """Nobody should wonder for a minute whether the form worked."""
    post, patience = Post(), timedelta(seconds=30)
    with open_post(post) as port:
        settings = settings_at(tmp_path, f"smtp://127.0.0.1:{port}")
        quiet = replace(settings, declarations=())
        # An hour ahead: the bell, which keeps real time, first rings long after this test.
        with opened(quiet, clock=lambda: now() + timedelta(hours=1)) as made:
            app = replace(made, sends_emails=True)
            with working(app, announce=lambda: None) as engine:
                assert engine.idle(within=patience)
                sign_up(app.subscriptions, REQUEST)
                assert engine.idle(within=patience)
    assert [recipients for _, recipients, _ in post.taken] == [[REQUEST.address]]


@pytest.mark.parametrize("smtp", ["smtp://127.0.0.1:25", ""])
def test_emails_wait_while_what_they_lead_to_is_an_example(tmp_path: Path, smtp: str) -> None:
    """Nothing real is mailed under a name that nobody can answer to."""
    settings = settings_at(tmp_path, smtp)
    assert not may_send(settings)
    with opened(settings) as app:
        assert not app.sends_emails
    network = replace(
        settings.network,
        base_url="https://blogit.seutu.fi",
        id_domain="seutu.fi",
        contact_email="toimitus@seutu.fi",
        contact_url="https://seutu.fi/",
    )
    plans = tuple(replace(plan, sender="kirje@seutu.fi") for plan in settings.digests)
    assert may_send(replace(settings, network=network, digests=plans)) is bool(smtp)
