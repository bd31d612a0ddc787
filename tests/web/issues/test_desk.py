"""The desk without a network: what it shows, what its buttons do, and what nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from syndicator.model import Cadence, Finding, Issue, IssueState, Mail
from syndicator.pipeline.issues.control import Because, Result
from syndicator.pipeline.issues.desk import LinkedReview
from syndicator.pipeline.issues.review import Review, Sample
from syndicator.store.issues.issues import CarriedPost, IssueStatus
from tests.builders import LANGUAGES
from tests.publish.sites import NOON, post
from tests.web.asgi import Reply, ask
from tests.web.worlds import Desktop, World

HTML = "<!doctype html><html lang='fi'><head><style>h1{{color:red}}</style></head><body>{}</body>"


def seen(
    state: IssueState = IssueState.WAITING, *found: Finding, newest: str | None = None
) -> LinkedReview:
    """Return an issue of two posts in three languages, with one greeting."""
    told = (post(1, title="Tori & <b>tie</b>"), post(2, title="Uimahalli"))
    issue = Issue(
        id=7,
        cadence=Cadence.WEEKLY,
        period="2026-W47",
        opens=NOON - timedelta(days=8),
        closes=NOON - timedelta(days=1),
        send_at=NOON,
        posts=told,
        content_hash="h",
        state=state,
        greetings={"fi": "Hei!"},
    )
    status = IssueStatus(
        id=7,
        cadence=Cadence.WEEKLY,
        period="2026-W47",
        state=state,
        version=1,
        closes=issue.closes,
        send_at=NOON,
    )
    samples = tuple(
        Sample(
            mail=Mail(
                language=one, subject=f"Kooste ({one})", text=f"Teksti {one}", html=HTML.format(one)
            ),
            readers=number,
        )
        for one, number in zip(LANGUAGES, (12, 3, 4), strict=True)
    )
    review = Review(
        issue=issue,
        status=status,
        samples=samples,
        findings=found,
        carried=tuple(CarriedPost(post=one, left_out=False) for one in told),
        nothing_for=5,
    )
    return LinkedReview(review=review, title="Viikkokooste, viikko 47/2026", newest=newest)


def world(shown: LinkedReview | None = None, because: Because | None = None) -> World:
    return World(editors=Desktop(seen=shown or seen(), result=Result(because=because)))


def push(here: World, step: str, **fields: str) -> Reply:
    """Push a button with the form as it stood, but for ``fields``."""
    form = {"greeting.fi": "Hei!", "greeting.sv": "", "greeting.en": "", "step": step} | fields
    return ask(here.app(), "/fi/desk/token", form=form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_shows_who_would_get_what_in_each_language(language: str) -> None:
    here = world()

    reply = ask(here.app(), f"/{language}/desk/token")

    words = reply.words()
    assert reply.status == 200
    assert "Viikkokooste, viikko 47/2026" in words
    for number in ("19", "12", "3", "4", "5"):
        assert number in words.split()
    assert "Tori & <b>tie</b>" in words
    assert here.editors.did == []


def test_what_opens_every_link_changes_nothing() -> None:
    """Promise 12; E5: scanners open every link of a mail."""
    here = world()
    for path in ("/fi/desk/token", "/fi/desk/token/mail/fi", "/fi/desk/token?step=approve"):
        for method in ("GET", "HEAD"):
            ask(here.app(), path, method=method)
    assert here.editors.did == []


def test_a_page_of_the_desk_is_kept_listed_and_named_nowhere() -> None:
    """S4, S7."""
    for path in ("/fi/desk/token", "/fi/desk/token/mail/sv"):
        headers = ask(world().app(), path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]


def test_the_mail_stands_alone_as_it_is_and_can_load_or_run_nothing() -> None:
    reply = ask(world().app(), "/fi/desk/token/mail/sv")

    policy = reply.headers["content-security-policy"]
    assert reply.text == HTML.format("sv")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_the_page_itself_allows_no_inline_style_and_frames_only_ours() -> None:
    policy = ask(world().app(), "/fi/desk/token").headers["content-security-policy"]

    assert "style-src 'self'" in policy
    assert "frame-src 'self'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("step", ["approve", "stop"])
def test_a_button_does_it_and_leads_back_to_the_page(step: str) -> None:
    here = world()

    reply = push(here, step)

    assert (reply.status, reply.headers["location"]) == (303, "/fi/desk/token")
    assert here.editors.did == [(step, "token")]


def test_saving_makes_a_version_and_leads_to_it() -> None:
    here = world()

    reply = push(here, "save", **{"greeting.sv": "Hej!\r\nVi ses.", "left_out": "b"})

    assert reply.headers["location"] == "/fi/desk/newer"
    greetings = {"fi": "Hei!", "sv": "Hej!\nVi ses.", "en": ""}
    assert here.editors.did == [("save", "token", greetings, {"b"})]


@pytest.mark.parametrize("changed", [{"greeting.fi": "Moi!"}, {"left_out": "b"}])
def test_what_was_changed_and_not_yet_seen_is_saved_instead_of_approved(
    changed: Mapping[str, str],
) -> None:
    here = world()

    reply = push(here, "approve", **changed)

    assert [act[0] for act in here.editors.did] == ["save"]
    assert reply.headers["location"] == "/fi/desk/newer"


def test_an_older_browser_on_a_page_without_a_referrer_can_push_one() -> None:
    """Such a page makes a browser say ``Origin: null``."""
    here = world()
    ask(
        here.app(),
        "/fi/desk/token",
        method="POST",
        headers={"origin": "null"},
        body=urlencode({"step": "stop"}).encode(),
    )
    assert here.editors.did == [("stop", "token")]


def test_another_site_can_push_no_button() -> None:
    """S4."""
    here = world()
    reply = ask(
        here.app(),
        "/fi/desk/token",
        method="POST",
        headers={"sec-fetch-site": "cross-site"},
        body=urlencode({"step": "approve"}).encode(),
    )
    assert reply.status == 403
    assert here.editors.did == []


@pytest.mark.parametrize(
    "path", ["/fi/desk/forged", "/fi/desk/forged/mail/fi", "/fi/desk/token/mail/xx"]
)
def test_a_link_that_leads_nowhere_is_not_found(path: str) -> None:
    assert ask(world().app(), path).status == 404


def test_a_forged_link_decides_nothing() -> None:
    here = world()
    reply = ask(here.app(), "/fi/desk/forged", form={"step": "approve"})
    assert reply.status == 404
    assert here.editors.did == []


def test_what_preflight_refuses_is_said_and_has_no_button_to_approve() -> None:
    refused = seen(IssueState.WAITING, Finding(about="E7", fact="120 KB"))
    reply = ask(world(refused).app(), "/fi/desk/token")

    assert "Estää lähettämisen: Viestin koko (E7: 120 KB)" in reply.words()
    assert [b.get("value") for b in reply.page.iter("button")] == ["save", "stop"]


def test_an_older_version_says_there_is_a_newer_one_and_has_no_button() -> None:
    reply = ask(world(seen(newest="newer")).app(), "/fi/desk/token")

    assert list(reply.page.iter("button")) == []
    assert "/fi/desk/newer" in {a.get("href") for a in reply.page.iter("a")}


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
    state: IssueState, buttons: list[str], language: str
) -> None:
    reply = ask(world(seen(state)).app(), f"/{language}/desk/token")

    assert reply.status == 200
    assert [button.get("value") for button in reply.page.iter("button")] == buttons


@pytest.mark.parametrize(
    "because",
    [Because.OLD, Because.REFUSED, Because.NO_POSTS, Because.TOO_LONG, Because.OVER],
)
def test_what_could_not_be_done_says_why_and_keeps_what_was_typed(because: Because) -> None:
    here = world(because=because)

    reply = push(here, "save", **{"greeting.en": "Hello"})

    assert reply.status == 422
    assert reply.page.xpath("//*[@role='alert']")
    assert reply.page.get_element_by_id("greeting-en").text.strip() == "Hello"


def test_an_issue_without_posts_can_still_be_seen() -> None:
    empty = seen(IssueState.EMPTY)
    bare = replace(empty, review=replace(empty.review, samples=(), carried=()))

    assert ask(world(bare).app(), "/fi/desk/token").status == 200
