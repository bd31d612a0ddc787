"""What editors are told, and what keeps an issue from leaving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.app import App, opened
from syndicator.config import Settings, load
from syndicator.deliver.email.sign import new_key
from syndicator.digest.calendar import last_closed
from syndicator.digest.compose import draft
from syndicator.model import Cadence, EmailKind, IssueState, Variant
from syndicator.pipeline.issues.desk import editors_of
from syndicator.pipeline.issues.editor_emails import put
from syndicator.pipeline.issues.preflight import findings
from syndicator.pipeline.issues.preflight import hindrance as hindrance_of
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import transactional_emails
from syndicator.store.upkeep import flags
from tests.builders import NOW
from tests.deliver.email.test_sign import PRIVATE
from tests.pipeline.world import fit_to_mail
from tests.publish.samples import a_post

ISSUE = IssueStatus(
    id=7,
    cadence=Cadence.WEEKLY,
    period="2026-W47",
    state=IssueState.WAITING,
    version=2,
    closes=NOW,
    send_at=NOW + timedelta(days=1),
)


def ready(settings: Settings) -> Settings:
    """Return settings of a network that may mail."""
    mail = replace(settings.mail, editors=("Maija@Raahe.FI", "matti@raahe.fi"))
    return replace(fit_to_mail(settings), mail=mail)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return ready(load({"SYNDICATOR_DATA": str(tmp_path)}))


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with opened(settings, clock=lambda: NOW) as opened_app:
        yield opened_app


def hindrance(app: App) -> str | None:
    with app.database.read() as tx:
        return hindrance_of(tx, Cadence.WEEKLY, settings=app.settings)


def test_every_editor_gets_a_letter_that_names_issue_and_version(app: App) -> None:
    with app.database.write() as tx:
        put(app.editorial, tx, EmailKind.REVIEW, ISSUE)
        emails = transactional_emails.claim(tx, now=NOW, lease=timedelta(minutes=1))

    assert [(one.address, one.language) for one in emails] == [
        ("Maija@raahe.fi", "fi"),
        ("matti@raahe.fi", "fi"),
    ]
    assert {one.kind for one in emails} == {EmailKind.REVIEW}
    assert [dict(one.facts) for one in emails] == [{"issue": 7, "version": 2}] * 2


def test_without_editors_the_networks_contact_is_told(settings: Settings) -> None:
    alone = replace(settings, mail=replace(settings.mail, editors=()))

    assert editors_of(alone) == ("yhteys@koosteet.fi",)


def test_a_network_that_is_ready_may_mail(app: App) -> None:
    assert hindrance(app) is None


def test_nothing_leaves_without_a_relay(settings: Settings) -> None:
    deployment = replace(settings.deployment, smtp_url=None)
    with opened(replace(settings, deployment=deployment), clock=lambda: NOW) as app:
        assert hindrance(app) == "no_relay"


def test_nothing_leaves_under_settings_that_still_are_examples(settings: Settings) -> None:
    digests = tuple(replace(plan, sender="kooste@kooste.example") for plan in settings.digests)
    with opened(replace(settings, digests=digests), clock=lambda: NOW) as app:
        assert hindrance(app) == "placeholder"


def test_nothing_leaves_while_mail_is_withheld(app: App) -> None:
    with app.database.write() as tx:
        flags.withhold(tx, "restored")

    assert hindrance(app) == "restored"


def test_what_is_looked_at_is_signed_as_what_would_leave(
    settings: Settings, tmp_path: Path
) -> None:
    """E4: preflight sees the signature; a key that cannot sign is told before the day."""
    post = a_post()
    told = draft((post,), slot=last_closed(NOW, rhythm=settings.digests[0].rhythm))
    variant = Variant(language="fi", posts=(post.public_id,))
    key = tmp_path / "dkim.pem"
    key.write_bytes(new_key("ed25519").private_bytes(*PRIVATE))
    signing = replace(
        settings.deployment, dkim_key=key, dkim_selector="s2026", base_url="https://koosteet.fi"
    )
    with opened(replace(settings, deployment=signing), clock=lambda: NOW) as app:
        found = findings(app.editorial, told, (variant,))
        assert [one for one in found if "sign" in one.fact] == []
        key.write_text("no key")
        (refused,) = findings(app.editorial, told, (variant,))
    assert (refused.about, refused.refuses) == ("E4", True)
    assert "dkim.pem" in refused.fact
