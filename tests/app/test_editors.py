"""An editor's whole way: the letter, the page, a greeting, approve, stop; with real bytes."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import lxml.html
import pytest

from syndicator.app import App, opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.model import Cadence, EmailKind, IssueState, Mail, Selection, TransactionalEmail
from syndicator.pipeline.issues import failures
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import pause_all, resume_all
from syndicator.pipeline.issues.editor_emails import writers
from syndicator.store.feeds import sources
from syndicator.store.issues import issues, transitions
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import subscribers, transactional_emails
from syndicator.store.upkeep.journal import Journal
from tests.app.test_desk import ready
from tests.builders import an_entry
from tests.found import elements
from tests.pipeline.world import Clock
from tests.store.stored import apply, new
from tests.web.asgi import Reply, ask

CUT_OFF = datetime(2026, 11, 29, 5, 3, tzinfo=UTC)
SLOT = CUT_OFF + timedelta(days=1)
LEASE = timedelta(minutes=1)


@dataclass
class Office:
    """A network with two editors, one issue at its cut-off, and three readers."""

    app: App
    clock: Clock

    def post(self) -> list[tuple[TransactionalEmail, Mail]]:
        """Return the letters that wait, written."""
        advance(self.app.editorial)
        with self.app.database.write() as tx:
            taken = transactional_emails.claim(tx, now=self.clock.at, lease=LEASE)
            for email in taken:
                transactional_emails.mark_sent(tx, email.id, now=self.clock.at)
        write = writers(self.app.editorial)
        return [(email, write[email.kind](email)) for email in taken]

    def page(self, path: str, **form: str) -> Reply:
        return ask(website(self.app), path, form=form or None)

    def push(self, path: str, step: str, **fields: str) -> Reply:
        form = {"greeting.fi": "", "greeting.sv": "", "greeting.en": "", "step": step}
        return self.page(path, **(form | fields))

    def issue(self) -> IssueStatus:
        with self.app.database.read() as tx:
            return issues.statuses(tx)[0]

    def acts(self) -> list[tuple[str, str | None]]:
        with self.app.database.read() as tx:
            return [(act.event, act.by) for act in transitions.acts(tx, self.issue().id)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from office_of(tmp_path, smtp_url="smtp://127.0.0.1:1")


def office_of(folder: Path, *, smtp_url: str, bounces: str | None = None) -> Iterator[Office]:
    """Yield an office in this folder, at the cut-off."""
    clock = Clock(CUT_OFF - timedelta(days=2))
    settings = ready(load({"SYNDICATOR_DATA": str(folder)}))
    settings = replace(
        settings,
        digests=tuple(one for one in settings.digests if one.cadence is Cadence.WEEKLY),
        deployment=replace(settings.deployment, base_url="https://koosteet.fi", smtp_url=smtp_url),
        mail=replace(settings.mail, bounces=bounces),
    )
    with opened(settings, clock=clock) as app:
        advance(app.editorial)
        with app.database.write() as tx:
            source = sources.list_all(tx)[0]
            for language in ("fi", "fi2", "sv"):
                subscribers.add(
                    tx,
                    address=f"{language}@k.fi",
                    address_hash=language,
                    selection=Selection(language=language[:2], cadence=Cadence.WEEKLY),
                    now=clock.at,
                )
        for name in ("yksi", "kaksi"):
            entry = an_entry(f"https://blogi.kauhajoki.fi/?p={name}", published=clock.at)
            apply(app.database, source, now=clock.at, new=(new(entry, recency=clock.at),))
        clock.at = CUT_OFF
        yield Office(app=app, clock=clock)


def link(mail: Mail) -> str:
    """Return the path of the one link to the desk in a letter."""
    (found,) = set(re.findall(r"https://koosteet\.fi(/fi/desk/[\w-]+)", mail.text))
    assert found in mail.html
    return str(found)


def test_a_review_letter_is_the_exact_issue_under_a_note(office: Office) -> None:
    """Promise 12."""
    posted = office.post()

    assert [email.address for email, _ in posted] == ["Maija@raahe.fi", "matti@raahe.fi"]
    _, mail = posted[0]
    assert mail.subject == "Hyväksy tai pysäytä: Viikkokooste, viikko 48/2026"
    sample = office.page(f"{link(mail)}/mail/fi").text
    before, after = sample.split("<body", 1)
    assert mail.html.startswith(before)
    assert mail.html.endswith(after.split(">", 1)[1])
    for words in ("Kirjoitus yksi", "Kirjoitus kaksi", "fi: 2", "sv: 1", "Saajia: 3"):
        assert words in mail.text


def test_the_way_out_of_an_issue_under_review_is_a_sample_and_says_so(office: Office) -> None:
    _, mail = office.post()[0]
    shown = office.page(f"{link(mail)}/mail/fi").text

    paths = {
        path
        for words in (mail.text, mail.html, shown)
        for path in re.findall(r"https://koosteet\.fi(/\w\w/unsubscribe/[\w-]+)", words)
    }
    (path,) = paths

    assert "Vain sen peruutuslinkki on malli" in " ".join(mail.text.split())
    assert "Mitään ei muutettu" in office.page(path).words()


def test_each_editor_has_a_link_of_their_own_and_their_name_stands_in_the_record(
    office: Office,
) -> None:
    first, second = (link(mail) for _, mail in office.post())
    assert first != second

    assert office.push(second, "approve").headers["location"] == second

    assert office.issue().state is IssueState.APPROVED
    assert ("approved", "matti@raahe.fi") in office.acts()


def test_no_address_stands_in_a_link(office: Office) -> None:
    """S7: addresses stand in no URL."""
    token = link(office.post()[0][1]).rpartition("/")[2]

    assert b"raahe" not in urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_approving_twice_is_approving_once(office: Office) -> None:
    path = link(office.post()[0][1])

    replies = [office.push(path, "approve") for _ in range(2)]

    assert [reply.status for reply in replies] == [303, 303]
    assert [event for event, _ in office.acts()].count("approved") == 1


def test_a_greeting_makes_a_version_that_needs_its_own_approval(office: Office) -> None:
    first, second = (link(mail) for _, mail in office.post())
    office.push(first, "approve")

    newer = office.push(first, "save", **{"greeting.fi": "Hyvää adventtia!"}).headers["location"]

    assert office.issue().state is IssueState.WAITING
    assert "Hyvää adventtia!" in office.page(f"{newer}/mail/fi").text
    assert "uudempi" in office.push(second, "approve").words()
    assert office.issue().state is IssueState.WAITING
    again = office.post()
    assert {email.kind for email, _ in again} == {EmailKind.REVIEW}
    assert "Hyvää adventtia!" in again[0][1].text
    office.push(newer, "approve", **{"greeting.fi": "Hyvää adventtia!"})
    assert office.issue().state is IssueState.APPROVED


def test_a_post_left_out_is_told_nowhere(office: Office) -> None:
    path = link(office.post()[0][1])
    page = office.page(path).page
    boxes = {
        label.text_content(): page.get_element_by_id(label.get("for")).get("value")
        for label in page.iter("label")
    }

    newer = office.push(path, "save", left_out=boxes["Kirjoitus yksi"]).headers["location"]

    sample = office.page(f"{newer}/mail/sv").text
    assert "Kirjoitus kaksi" in sample
    assert "Kirjoitus yksi" not in sample


def test_an_issue_cannot_be_left_without_posts(office: Office) -> None:
    path = link(office.post()[0][1])
    page = office.page(path).page
    first, second = (box.get("value") for box in page.xpath("//input[@type='checkbox']"))
    one = office.push(path, "save", left_out=first).headers["location"]
    newest = office.page(one).page
    assert newest.xpath(f"//input[@value='{first}']/@checked")

    body = urlencode([("step", "save"), ("left_out", first), ("left_out", second)]).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = ask(website(office.app), one, method="POST", headers=headers, body=body)

    assert reply.status == 422
    assert office.issue().version == 2


@pytest.mark.parametrize("state", [IssueState.WAITING, IssueState.APPROVED, IssueState.SENDING])
def test_stop_ends_an_issue_also_in_the_middle_of_its_send(
    office: Office, state: IssueState
) -> None:
    path = link(office.post()[0][1])
    if state is not IssueState.WAITING:
        office.push(path, "approve")
    if state is IssueState.SENDING:
        office.clock.at = SLOT
        advance(office.app.editorial)
    assert office.issue().state is state

    for _ in range(2):
        assert office.push(path, "stop").status == 303

    ended = IssueState.CANCELLED if state is IssueState.SENDING else IssueState.STOPPED
    assert office.issue().state is ended


def test_holding_all_mail_pauses_what_is_being_sent_and_letting_go_resumes_only_that(
    office: Office,
) -> None:
    path = link(office.post()[0][1])
    office.push(path, "approve")
    office.clock.at = SLOT
    advance(office.app.editorial)

    pause_all(office.app.database, by="maija@raahe.fi", now=SLOT)
    assert office.issue().state is IssueState.PAUSED
    assert resume_all(office.app.database, by="maija@raahe.fi", now=SLOT)
    assert office.issue().state is IssueState.SENDING

    with office.app.database.write() as tx:
        transitions.pause(tx, office.issue().id, by="maija@raahe.fi", now=SLOT)
    assert not resume_all(office.app.database, by="maija@raahe.fi", now=SLOT)
    assert office.issue().state is IssueState.PAUSED


def test_letting_all_mail_go_resumes_an_issue_whose_failures_were_decided_about_meanwhile(
    office: Office,
) -> None:
    path = link(office.post()[0][1])
    office.push(path, "approve")
    office.clock.at = SLOT
    advance(office.app.editorial)
    database, issue = office.app.database, office.issue()
    journal = Journal.in_folder(office.app.settings.deployment.data_dir)
    pause_all(database, by="maija@raahe.fi", now=SLOT)

    with database.write() as tx:
        failures.doubt(tx, issue.id, now=SLOT)
    assert failures.lift(database, journal, issue.id, by="maija@raahe.fi", now=SLOT).because is None
    assert resume_all(database, by="maija@raahe.fi", now=SLOT)

    assert office.issue().state is IssueState.SENDING


def test_a_link_ends_when_the_issue_may_not_go_any_more(office: Office) -> None:
    path = link(office.post()[0][1])
    assert office.page(path).status == 200

    office.clock.at = SLOT + office.app.settings.mail.late

    assert office.page(path).status == 404


def test_whoever_left_the_configuration_left_the_desk(office: Office) -> None:
    path = link(office.post()[1][1])
    mail = replace(office.app.settings.mail, editors=("maija@raahe.fi",))
    with opened(replace(office.app.settings, mail=mail), clock=office.clock) as app:
        assert ask(website(app), path).status == 404


def test_an_unapproved_issue_is_said_to_wait_and_then_to_be_skipped(office: Office) -> None:
    office.post()
    office.clock.at = SLOT
    (waiting, _) = office.post()
    assert waiting[0].kind is EmailKind.WAITING
    assert "Odottaa yhä hyväksyntää" in waiting[1].subject
    assert office.page(link(waiting[1])).status == 200

    office.clock.at = SLOT + office.app.settings.mail.late + LEASE
    (skipped, _) = office.post()
    assert skipped[0].kind is EmailKind.SKIPPED
    assert "Kukaan ei hyväksynyt" in skipped[1].text
    assert "Kukaan ei hyväksynyt" in skipped[1].html


def test_an_issue_whose_digest_is_gone_from_the_file_is_shown_and_cannot_be_approved(
    office: Office,
) -> None:
    path = link(office.post()[0][1])
    with opened(replace(office.app.settings, digests=()), clock=office.clock) as app:
        later = replace(office, app=app)
        assert later.page(path).status == 200
        assert later.push(path, "approve").status == 422
        assert later.issue().state is IssueState.WAITING
        assert later.push(path, "stop").status == 303


def test_a_skipped_issue_is_said_also_when_its_digest_is_gone_from_the_file(
    office: Office,
) -> None:
    office.post()
    office.clock.at = SLOT + office.app.settings.mail.late + LEASE
    with opened(replace(office.app.settings, digests=()), clock=office.clock) as app:
        (skipped, _) = replace(office, app=app).post()

    assert skipped[0].kind is EmailKind.SKIPPED
    assert "Kukaan ei hyväksynyt" in skipped[1].text


def test_the_note_over_an_issue_is_dark_where_the_issue_is(office: Office) -> None:
    """E8: the issue's own dark rules reach all of it but the button, whose colours fit both."""
    ((_, mail), _) = office.post()
    (note,) = elements(lxml.html.fromstring(mail.html), "//div[@role='note']")

    assert {one.get("class") for one in elements(note, ".//p")} == {"x"}
    (ground,) = elements(note, ".//*[contains(@style, '#dfe9ec')]")
    assert ground.get("class") == "sheet"


def an_alarm(kind: str, *, language: str, well: bool = False) -> TransactionalEmail:
    facts = {"kind": kind, "subject": "", "facts": {}, "at": SLOT.isoformat(), "well": well}
    return TransactionalEmail(
        id=1,
        kind=EmailKind.ALARM,
        address="yhteys@koosteet.fi",
        address_hash="h",
        language=language,
        at=SLOT,
        facts=facts,
    )


def test_the_subject_of_an_alarm_says_what_is_wrong(office: Office) -> None:
    """Several in one night are told apart in the list of a phone."""
    email = an_alarm("relay_away", language="en")
    mail = writers(office.app.editorial)[EmailKind.ALARM](email)

    assert mail.subject.startswith("Something needs attention: The mail relay")
    assert mail.subject.isascii()


@pytest.mark.parametrize("well", [False, True])
def test_an_alarm_says_what_was_noticed_and_where_to_look(office: Office, well: bool) -> None:
    email = an_alarm("pulls_late", language="sv", well=well)
    mail = writers(office.app.editorial)[EmailKind.ALARM](email)

    assert ("I ordning igen" in mail.subject) is well
    assert len(mail.subject) <= 78
    for said in (mail.text, mail.html):
        assert "syndicator status" in said
        assert "/sv/status" not in said, "the public page speaks of feeds only"
    assert "30.11.2026 kl.\u00a07.03" in mail.html
