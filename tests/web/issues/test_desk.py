"""The desk without a network: what it shows, what its buttons do, and what nothing does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete, select, update

from syndicator.config import resource
from syndicator.model import Cadence, IssueState, Notice, NoticeKind, Selection
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import Because
from syndicator.pipeline.issues.editor_emails import writers
from syndicator.pipeline.issues.review import LONGEST_GREETING
from syndicator.pipeline.notice_text import notice_text
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import IssueItem, IssueRow
from syndicator.store.feeds import sources
from syndicator.store.people import subscribers
from tests.builders import HOME, LANGUAGES, LOCALES, an_entry
from tests.pipeline.readers import Readers
from tests.pipeline.world import Clock
from tests.store.stored import apply, new
from tests.web.asgi import Reply, ask
from tests.web.worlds import World, source

CUT_OFF = datetime(2026, 11, 29, 5, 3, tzinfo=UTC)
POSTS = {"tori": "Tori & <b>tie</b>", "halli": "Uimahalli"}
READERS = {"fi": 12, "sv": 3, "en": 4}
NOTHING_FOR = 5
"""How many readers chose a city without a post."""


@dataclass(kw_only=True)
class Issue:
    """An issue that waits for its editor, whose link leads to ``token``."""

    world: World
    token: str

    @property
    def path(self) -> str:
        return f"/fi/desk/{self.token}"

    def page(self, path: str = "", *, method: str = "GET") -> Reply:
        return ask(self.world.app(), path or self.path, method=method)

    def push(self, step: str, path: str = "", **fields: str) -> Reply:
        """Push a button with the form as it stood, but for ``fields``."""
        form = {"greeting.fi": "Hei!", "greeting.sv": "", "greeting.en": "", "step": step} | fields
        return ask(self.world.app(), path or self.path, form=form)

    def row(self) -> tuple[IssueState, int, Mapping[str, str]]:
        """Return state, version and greetings as stored."""
        with self.world.database.read() as tx:
            row = tx.execute(select(IssueRow)).one()
        return row.state, row.version, row.greetings

    def rows(self) -> dict[str, list[Any]]:
        """Return all that is stored but renderings, which whoever looks first may leave behind."""
        rows = self.world.readers.rows()
        return {table: rows[table] for table in rows if table != "rendering"}

    def become(self, state: IssueState) -> None:
        with self.world.database.write() as tx:
            tx.execute(update(IssueRow).values(state=state))

    def posts(self) -> list[str]:
        """Return what names each post in the form."""
        return [str(name) for name in self.page().page.xpath("//input[@name='left_out']/@value")]


@pytest.fixture(scope="module")
def at_its_cut_off(
    empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A folder with an issue of two posts, a greeting and its readers, to be copied; and the end of
    the editor's link to it."""
    folder = tmp_path_factory.mktemp("issue")
    shutil.copytree(empty_sqlite, folder / "store")
    database = Database.open(None, data_dir=folder / "store", **HOME)
    clock = Clock(CUT_OFF - timedelta(days=2))
    readers = Readers(database=database, folder=folder, clock=clock)
    world = World(readers=readers)
    advance(world.editorial)
    world.add_sources(source())
    with database.write() as tx:
        blog = sources.list_all(tx)[0]
        everything = {
            Selection(language=language, cadence=Cadence.WEEKLY): number
            for language, number in READERS.items()
        }
        ahtari = Selection(language="fi", cadence=Cadence.WEEKLY, cities=frozenset({"ahtari"}))
        for selection, number in {**everything, ahtari: NOTHING_FOR}.items():
            for n in range(number):
                name = f"{selection.language}{len(selection.cities)}{n}"
                subscribers.add(
                    tx,
                    address=f"{name}@k.fi",
                    address_hash=name,
                    selection=selection,
                    now=clock.at,
                )
    for name, title in POSTS.items():
        entry = an_entry(f"https://raahe.example/?p={name}", title=title, published=clock.at)
        apply(database, blog, now=clock.at, new=(new(entry, recency=clock.at),))
    clock.at = CUT_OFF
    advance(world.editorial)
    (email,) = readers.emails()
    mail = writers(world.editorial)[email.kind](email)
    (mailed,) = set(re.findall(r"/fi/desk/([\w-]+)", mail.text))
    saved = Issue(world=world, token=mailed).push("save")
    database.close()
    return folder, saved.headers["location"].rpartition("/")[2]


@pytest.fixture
def issue(at_its_cut_off: tuple[Path, str], tmp_path: Path) -> Iterator[Issue]:
    """The issue as the editor's newest link shows it."""
    folder, token = at_its_cut_off
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    database = Database.open(None, data_dir=tmp_path / "store", **HOME)
    readers = Readers(database=database, folder=tmp_path, clock=Clock(CUT_OFF))
    yield Issue(world=World(readers=readers), token=token)
    database.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_shows_who_would_get_what_in_each_language(issue: Issue, language: str) -> None:
    reply = issue.page(f"/{language}/desk/{issue.token}")

    numbers = [term.text_content() for term in reply.page.xpath("//dl[@class='facts']//dd")][2:]
    assert reply.status == 200
    assert numbers == [str(sum(READERS.values())), *map(str, READERS.values()), str(NOTHING_FOR)]
    assert "48/2026" in reply.words()
    assert "Tori & <b>tie</b>" in reply.words()


def test_what_opens_every_link_changes_nothing(issue: Issue) -> None:
    """Promise 12; E5: scanners open every link of a mail."""
    before = issue.rows()
    for path in (issue.path, f"{issue.path}/mail/fi", f"{issue.path}?step=approve"):
        for method in ("GET", "HEAD"):
            issue.page(path, method=method)
    assert issue.rows() == before


def test_a_page_of_the_desk_is_kept_listed_and_named_nowhere(issue: Issue) -> None:
    """S4, S7."""
    for path in (issue.path, f"{issue.path}/mail/sv"):
        headers = issue.page(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]


def test_what_answers_a_button_or_a_dead_link_is_kept_listed_and_named_nowhere(
    issue: Issue,
) -> None:
    """S4, S7: it leads to a key, or has what was one as its address."""
    for reply in (issue.push("approve"), issue.page("/fi/desk/forged")):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in reply.headers["x-robots-tag"]


def test_the_mail_stands_alone_as_it_is_and_can_load_or_run_nothing(issue: Issue) -> None:
    reply = issue.page(f"{issue.path}/mail/fi")

    policy = reply.headers["content-security-policy"]
    assert reply.page.get("lang") == "fi"
    assert "Hei!" in reply.text
    assert "Tori &amp; &lt;b&gt;tie&lt;/b&gt;" in reply.text
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_the_page_itself_allows_no_inline_style_and_frames_only_ours(issue: Issue) -> None:
    policy = issue.page().headers["content-security-policy"]

    assert "style-src 'self'" in policy
    assert "frame-src 'self'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize(
    ("step", "state"), [("approve", IssueState.APPROVED), ("stop", IssueState.STOPPED)]
)
def test_a_button_does_it_and_leads_back_to_the_page(
    issue: Issue, step: str, state: IssueState
) -> None:
    reply = issue.push(step)

    assert (reply.status, reply.headers["location"]) == (303, issue.path)
    assert issue.row()[0] is state


def test_saving_makes_a_version_and_leads_to_it(issue: Issue) -> None:
    version, post = issue.row()[1], issue.posts()[0]

    reply = issue.push("save", **{"greeting.sv": "Hej!\r\nVi ses.", "left_out": post})

    greetings = {"fi": "Hei!", "sv": "Hej!\nVi ses."}
    assert issue.row() == (IssueState.WAITING, version + 1, greetings)
    page = issue.page(reply.headers["location"]).page
    assert reply.headers["location"] != issue.path
    assert page.xpath("//input[@checked]/@value") == [post]
    assert page.get_element_by_id("greeting-sv").text.strip() == "Hej!\nVi ses."


@pytest.mark.parametrize("changed", [{"greeting.fi": "Moi!"}, {"left_out": ""}])
def test_what_was_changed_and_not_yet_seen_is_saved_instead_of_approved(
    issue: Issue, changed: Mapping[str, str]
) -> None:
    version = issue.row()[1]
    post = issue.posts()[0]

    reply = issue.push("approve", **{name: text or post for name, text in changed.items()})

    assert issue.row()[:2] == (IssueState.WAITING, version + 1)
    assert reply.headers["location"] != issue.path


def test_an_older_browser_on_a_page_without_a_referrer_can_push_one(issue: Issue) -> None:
    """Such a page makes a browser say ``Origin: null``."""
    ask(
        issue.world.app(),
        issue.path,
        method="POST",
        headers={"origin": "null"},
        body=urlencode({"step": "stop"}).encode(),
    )
    assert issue.row()[0] is IssueState.STOPPED


def test_another_site_can_push_no_button(issue: Issue) -> None:
    """S4."""
    reply = ask(
        issue.world.app(),
        issue.path,
        method="POST",
        headers={"sec-fetch-site": "cross-site"},
        body=urlencode({"step": "approve"}).encode(),
    )
    assert reply.status == 403
    assert issue.row()[0] is IssueState.WAITING


@pytest.mark.parametrize("path", ["/fi/desk/forged", "/fi/desk/forged/mail/fi", "mail/xx"])
def test_a_link_that_leads_nowhere_is_not_found(issue: Issue, path: str) -> None:
    assert issue.page(path if path[0] == "/" else f"{issue.path}/{path}").status == 404


def test_a_forged_link_decides_nothing(issue: Issue) -> None:
    before = issue.rows()

    assert issue.push("approve", "/fi/desk/forged").status == 404
    assert issue.rows() == before


def test_what_preflight_refuses_is_said_and_has_no_button_to_approve(
    issue: Issue, tmp_path: Path
) -> None:
    break_template(issue, tmp_path)

    reply = issue.page()

    assert "Estää lähettämisen:" in reply.words()
    assert "(E8: a mark of a template is left in the HTML)" in reply.words()
    assert [b.get("value") for b in reply.page.iter("button")] == ["save", "stop"]


def test_what_else_needs_somebody_stands_on_the_desk_and_feeds_are_left_to_their_page(
    issue: Issue,
) -> None:
    """The public page shows no task of the operator's: an editor is told of it here."""
    assert "Muuta, mikä vaatii huomiota" not in issue.page().words()
    with issue.world.database.write() as tx:
        for kind, subject in (
            (NoticeKind.RELAY_AWAY, ""),
            (NoticeKind.SOURCE_FAILING, "raahe-1"),
            (NoticeKind.ISSUE_WAITING, "weekly/2026-W48"),
        ):
            notices.put(tx, Notice(kind=kind, subject=subject, at=CUT_OFF))

    section = issue.page().page.xpath("//h2[.='Muuta, mikä vaatii huomiota']/following::ul[1]/li")

    relay = Notice(kind=NoticeKind.RELAY_AWAY, subject="", at=CUT_OFF)
    assert [item.text for item in section] == [
        notice_text(relay, subject="", locale=LOCALES["fi"]),
    ]


def test_an_older_version_says_there_is_a_newer_one_and_has_no_button(issue: Issue) -> None:
    newer = issue.push("save", **{"greeting.fi": "Moi!"}).headers["location"]

    reply = issue.page()

    assert list(reply.page.iter("button")) == []
    assert newer in {a.get("href") for a in reply.page.iter("a")}


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (IssueState.APPROVED, ["save", "stop"]),
        (IssueState.SENDING, ["stop"]),
        (IssueState.PAUSED, ["stop"]),
        (IssueState.SENT, []),
        (IssueState.STOPPED, []),
        (IssueState.SKIPPED, []),
        (IssueState.CANCELLED, []),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_has_its_sentence_and_the_buttons_that_still_mean_something(
    issue: Issue, state: IssueState, buttons: list[str], language: str
) -> None:
    waiting = issue.page(f"/{language}/desk/{issue.token}").page.findtext(".//p[@class='lede']")
    issue.become(state)

    reply = issue.page(f"/{language}/desk/{issue.token}")

    assert reply.status == 200
    assert reply.page.findtext(".//p[@class='lede']") != waiting
    assert [button.get("value") for button in reply.page.iter("button")] == buttons


@pytest.mark.parametrize("because", [Because.NO_POSTS, Because.TOO_LONG])
def test_what_could_not_be_saved_says_why_and_keeps_what_was_typed(
    issue: Issue, because: Because
) -> None:
    long = "x" * (LONGEST_GREETING + 1) if because is Because.TOO_LONG else ""
    form = {"greeting.fi": "Hei!", "greeting.sv": long, "greeting.en": "Hello", "step": "save"}
    out = issue.posts() if because is Because.NO_POSTS else []

    reply = ask(issue.world.app(), issue.path, form={**form, "left_out": out})

    assert reply.status == 422
    assert reply.page.xpath("string(//*[@role='alert'])").strip() == sentence(because)
    assert reply.page.get_element_by_id("greeting-en").text.strip() == "Hello"
    assert reply.page.xpath("//input[@checked]/@value") == out


@pytest.mark.parametrize("because", [Because.OLD, Because.OVER, Because.REFUSED])
def test_what_could_not_be_done_says_why(issue: Issue, tmp_path: Path, because: Because) -> None:
    match because:
        case Because.OLD:
            issue.push("save", **{"greeting.fi": "Moi!"})
        case Because.OVER:
            issue.become(IssueState.SKIPPED)
        case _:
            break_template(issue, tmp_path)

    reply = issue.push("approve")

    assert reply.status == 422
    assert reply.page.xpath("string(//*[@role='alert'])").strip() == sentence(because)


def test_an_issue_without_posts_can_still_be_seen(issue: Issue) -> None:
    issue.become(IssueState.EMPTY)
    with issue.world.database.write() as tx:
        tx.execute(delete(IssueItem))

    assert issue.page().status == 200


def sentence(because: Because) -> str:
    """Return what the desk says of an outcome, in Finnish."""
    return LOCALES["fi"].text(f"desk.outcome.{because}")


def break_template(issue: Issue, folder: Path) -> None:
    """Let the operator's own template of the digest leave something in it."""
    own = folder / "templates"
    (own / "digest").mkdir(parents=True)
    body = (resource("templates") / "digest/body.html").read_text(encoding="utf-8")
    (own / "digest/body.html").write_text(body.replace("</body>", "<!-- x --></body>"))
    issue.world.templates_dir = own
