"""Notices, registrations, issues, subscribers and the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import SourceKnown
from syndicator.model import (
    Cadence,
    Channel,
    DeliveryState,
    Image,
    Issue,
    IssueState,
    Kind,
    Licence,
    Notice,
    Origin,
    Post,
    Selection,
    SourceState,
    Variant,
)
from syndicator.store import notices
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import artefacts, claims, posts, registrations, sources
from syndicator.store.feeds.registrations import Registration
from syndicator.store.issues import frozen, issues, outbox, transitions, variants
from syndicator.store.people import subscribers
from tests.at_once import at_once
from tests.builders import NOW, ago, an_entry
from tests.publish.samples import a_draft
from tests.store.stored import LEASE, a_stored_source, apply, marked, new

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


# --- notices --------------------------------------------------------------------------------------


def test_a_notice_said_again_is_one_notice_with_its_last_moment(database: Database) -> None:
    """Silence is noticed, once (promise 11)."""
    with database.write() as tx:
        for hours in (2, 1):
            said = Notice(
                kind="silent", subject="oulu", at=ago(hours=hours), facts={"h": f"{hours}"}
            )
            notices.put(tx, said)
        notices.put(tx, Notice(kind="silent", subject="raahe", at=NOW))
        assert [(notice.subject, notice.at) for notice in notices.list_all(tx)] == [
            ("raahe", NOW),
            ("oulu", ago(hours=1)),
        ]
        assert notices.list_all(tx)[1].facts == {"h": "1"}
        assert notices.clear(tx, "silent", "raahe")
        assert not notices.clear(tx, "silent", "raahe")
        assert [notice.subject for notice in notices.list_all(tx)] == ["oulu"]


# --- registrations --------------------------------------------------------------------------------

ASKED = Registration(
    city_name="Raahe",
    city="raahe",
    url="https://blogi.raahe.fi/feed",
    contact="viestinta@raahe.fi",
    licence=Licence.FULL,
    language="fi",
)


def test_a_registration_is_kept_pending_and_is_not_polled(database: Database) -> None:
    """Pending and unpolled until an editor approves (issue: a city's door)."""
    with database.write() as tx:
        first = registrations.register(tx, ASKED, now=NOW)
        assert registrations.register(tx, ASKED, now=NOW + HOUR) == first
        (kept,) = registrations.list_all(tx, state=SourceState.PENDING)
        assert claims.due(tx, now=NOW + HOUR, limit=9, anyway=True) == ()
    assert (kept.city_name, kept.url, kept.at) == ("Raahe", ASKED.url, NOW)


def test_an_approved_registration_is_a_source_of_its_city(database: Database) -> None:
    with database.write() as tx:
        asked = registrations.register(tx, ASKED, now=NOW)
        source = registrations.approve(tx, asked, next_fetch_at=NOW + HOUR)
        assert registrations.approve(tx, asked, next_fetch_at=NOW) is None
        assert not registrations.refuse(tx, asked)
        after = registrations.get(tx, asked)
        assert set(artefacts.dirty(tx)) == {Channel()}
    assert source is not None
    assert after is not None
    assert (source.key, source.city, source.licence) == ("raahe-blog", "raahe", Licence.FULL)
    assert (source.state, source.next_fetch_at) == (SourceState.ACTIVE, NOW + HOUR)
    assert (after.state, after.source_id) == (SourceState.ACTIVE, source.id)


def test_a_second_source_of_a_city_has_a_key_of_its_own_and_outlives_the_file(
    database: Database,
) -> None:
    """What the file never named, the file cannot retire."""
    with database.write() as tx:
        for url in ("https://a.fi/", "https://b.fi/"):
            asked = Registration(
                city_name="Raahe", city="raahe", url=url, contact="a@b.fi", licence=Licence.LINK
            )
            registrations.approve(tx, registrations.register(tx, asked, now=NOW), next_fetch_at=NOW)
        sources.declare(tx, [], now=NOW, first_fetch=lambda _: NOW)
        keys = [(source.key, source.state) for source in sources.list_all(tx)]
    assert keys == [("raahe-blog", SourceState.ACTIVE), ("raahe-blog-2", SourceState.ACTIVE)]


def test_a_refused_registration_stays_refused(database: Database) -> None:
    with database.write() as tx:
        asked = registrations.register(tx, ASKED, now=NOW)
        assert registrations.refuse(tx, asked)
        assert registrations.approve(tx, asked, next_fetch_at=NOW) is None
        assert registrations.list_all(tx, state=SourceState.PENDING) == ()
        assert sources.list_all(tx) == ()
        assert registrations.get(tx, 99) is None


@pytest.mark.parametrize(
    "url", [ASKED.url, "http://www.blogi.raahe.fi/feed/", "https://Blogi.Raahe.fi/feed"]
)
def test_a_feed_that_is_a_source_already_is_not_approved_again(
    database: Database, url: str
) -> None:
    with database.write() as tx:
        first, second = (
            registrations.register(tx, asked, now=NOW)
            for asked in (ASKED, replace(ASKED, url=url, contact="toinen@raahe.fi"))
        )
        assert registrations.approve(tx, first, next_fetch_at=NOW) is not None
        with pytest.raises(SourceKnown, match="is the source raahe-blog already"):
            registrations.approve(tx, second, next_fetch_at=NOW)
        assert len(sources.list_all(tx)) == 1
        (waiting,) = registrations.list_all(tx, state=SourceState.PENDING)
        assert waiting.id == second
        assert registrations.refuse(tx, second)


@pytest.mark.parametrize("url", ["https://raahe.fi/feed", "https://blogi.raahe.fi/feed?kieli=sv"])
def test_another_feed_of_the_city_is_another_source(database: Database, url: str) -> None:
    with database.write() as tx:
        for asked in (ASKED, replace(ASKED, url=url)):
            registrations.approve(tx, registrations.register(tx, asked, now=NOW), next_fetch_at=NOW)
        assert len(sources.list_all(tx)) == 2


def test_two_editors_who_approve_one_feed_at_the_same_moment_make_one_source(
    database: Database,
) -> None:
    with database.write() as tx:
        asked = [
            registrations.register(tx, replace(ASKED, contact=f"{name}@raahe.fi"), now=NOW)
            for name in "abc"
        ]
    told: list[str] = []

    def work(registration: int) -> None:
        with database.write() as tx:
            try:
                made = registrations.approve(tx, registration, next_fetch_at=NOW)
                told.append(made.key if made else "nothing")
            except SourceKnown as known:
                told.append(f"known as {known.key}")

    at_once(*(partial(work, one) for one in asked))
    assert sorted(told) == ["known as raahe-blog", "known as raahe-blog", "raahe-blog"]
    with database.read() as tx:
        assert len(sources.list_all(tx)) == 1


# --- issues ---------------------------------------------------------------------------------------


def a_post(tx: Tx) -> Post:
    return posts.edition(tx, Channel()).posts[0]


def test_two_workers_at_the_same_time_make_one_issue(database: Database) -> None:
    """Unique per cadence and period (promise 4)."""
    a_stored_source(database)
    made: list[Issue] = []

    def work(content_hash: str) -> None:
        with database.write() as tx:
            made.append(issues.create(tx, a_draft(content_hash=content_hash)))

    at_once(*(partial(work, name) for name in "abc"))
    assert len(made) == 3
    assert len({(issue.id, issue.content_hash) for issue in made}) == 1


def test_an_issue_with_nothing_to_tell_is_empty_from_the_start(database: Database) -> None:
    """E9."""
    with database.write() as tx:
        empty = issues.create(tx, replace(a_draft(), posts=()))
        full = issues.create(tx, a_draft(period="2026-W49"))

    assert (empty.state, empty.posts) == (IssueState.EMPTY, ())
    assert full.state is IssueState.WAITING


def test_an_issue_reads_for_ever_as_it_was_frozen(database: Database) -> None:
    """An issue is frozen: entry set, order, texts (promise 4)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(),))
    with database.write() as tx:
        post = a_post(tx)
        made = issues.create(tx, a_draft(post))
    apply(database, source, missed=(1,), deleted=(1,))
    with database.read() as tx:
        assert made.id is not None
        assert issues.get(tx, made.id) == made
        assert issues.find(tx, Cadence.WEEKLY, "2026-W48") == made
        assert issues.get(tx, made.id or 0) == made
        assert len(issues.statuses(tx)) == 1
        assert issues.find(tx, Cadence.MONTHLY, "2026-11") is None
        assert issues.get(tx, 99) is None
    assert made.posts == (post,)


def test_a_window_is_open_at_its_start_and_closed_at_its_end(database: Database) -> None:
    """(previous cut-off, cut-off] of `eligible_at` (decisions: digest)."""
    source = a_stored_source(database)
    for number, moment in enumerate((NOW - WEEK, NOW - WEEK + HOUR, NOW, NOW + HOUR, None)):
        apply(database, source, new=(new(an_entry(f"?p={number}"), eligible_at=moment),))
    with database.read() as tx:
        carried = issues.eligible(tx, opens=NOW - WEEK, closes=NOW)
        news = issues.eligible(tx, opens=NOW - WEEK, closes=NOW, kinds=frozenset({Kind.NEWS}))
    assert {post.title for post in carried} == {"Kirjoitus 1", "Kirjoitus 2"}
    assert news == ()


def test_what_an_issue_carried_is_not_carried_again(database: Database) -> None:
    """Never twice the same post (promise 2)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(), new(an_entry("?p=2"))))
    with database.write() as tx:
        issues.create(tx, a_draft(a_post(tx)))
        left = issues.eligible(tx, opens=ago(days=1), closes=NOW, cadence=Cadence.WEEKLY)
        other = issues.eligible(tx, opens=ago(days=1), closes=NOW, cadence=Cadence.MONTHLY)
    assert (len(left), len(other)) == (1, 2)


origins = st.builds(
    Origin,
    key=st.text(),
    city=st.none() | st.text(),
    title=st.text(),
    feed_url=st.text(),
    home=st.none() | st.text(),
    feed_id=st.none() | st.text(),
    updated=st.datetimes(timezones=st.just(NOW.tzinfo)),
    kind=st.sampled_from(Kind),
)
any_post = st.builds(
    Post,
    public_id=st.text(),
    url=st.text(),
    title=st.text(),
    excerpt=st.text(),
    content_html=st.text(),
    language=st.none() | st.text(),
    authors=st.lists(st.text()).map(tuple),
    categories=st.lists(st.text()).map(tuple),
    published=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
    updated=st.datetimes(timezones=st.just(NOW.tzinfo)),
    recency=st.datetimes(timezones=st.just(NOW.tzinfo)),
    origin=origins,
    others=st.lists(origins, max_size=2).map(tuple),
    translations=st.lists(st.tuples(st.text(), st.text()), max_size=2).map(tuple),
    image=st.none() | st.builds(Image, url=st.text(), alt=st.text()),
    rights=st.none() | st.text(),
)


@given(any_post)
def test_a_frozen_post_thaws_as_it_was(post: Post) -> None:
    assert frozen.from_json(frozen.to_json(post)) == post


# --- subscribers and deliveries -------------------------------------------------------------------


def subscribed(tx: Tx, *names: str, cadence: Cadence = Cadence.WEEKLY) -> None:
    wanted = Selection(language="fi", cadence=cadence)
    for name in names:
        address = f"{name}@k.fi"
        subscribers.add(tx, address=address, address_hash=name, selection=wanted, now=NOW)


def planned(tx: Tx) -> tuple[int, int]:
    """Return an issue's id and how many deliveries of it are new."""
    issue = issues.create(tx, a_draft())
    assert issue.id is not None
    given = variants.selections(tx, issue.cadence)
    told = Variant(language="fi", posts=("a",))
    variants.assign(tx, issue.id, dict.fromkeys(given, told))
    transitions.approve(tx, issue.id, version=1, by="test", now=NOW)
    transitions.start(tx, issue.id, version=1, now=NOW)
    return issue.id, outbox.plan(tx, issue.id) or 0


def test_a_delivery_is_planned_once_for_each_subscriber_of_the_cadence(
    database: Database,
) -> None:
    """Accounted for per person (promise 5)."""
    with database.write() as tx:
        subscribed(tx, "a", "b")
        subscribed(tx, "c", cadence=Cadence.MONTHLY)
        assert planned(tx)[1] == 2
        subscribed(tx, "a", "d")
        assert planned(tx)[1] == 1
        assert planned(tx)[1] == 0


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(database: Database) -> None:
    """After a kill nobody is lost (promise 5)."""
    with database.write() as tx:
        subscribed(tx, "a", "b", "c")
        issue_id, _ = planned(tx)
        first = outbox.claim(tx, issue_id, holder="1", now=NOW, lease=LEASE, limit=2)
        assert [one.address for one in first] == ["a@k.fi", "b@k.fi"]
        rest = outbox.claim(tx, issue_id, holder="2", now=NOW, lease=LEASE)
        assert [one.address for one in rest] == ["c@k.fi"]
        assert outbox.claim(tx, issue_id, holder="3", now=NOW, lease=LEASE) == ()
        again = outbox.claim(tx, issue_id, holder="3", now=NOW + LEASE, lease=LEASE)
        assert len(again) == 3


@pytest.mark.parametrize(
    ("state", "later"),
    [
        (DeliveryState.SENT, 0),
        (DeliveryState.FAILED, 0),
        (DeliveryState.UNCERTAIN, 0),
        (DeliveryState.DEFERRED, 1),
    ],
)
def test_what_was_sent_or_may_have_been_is_never_open_again(
    database: Database, state: DeliveryState, later: int
) -> None:
    """Nobody can get a second copy (promise 5); 4xx is tried again (promise 6)."""
    with database.write() as tx:
        subscribed(tx, "a")
        issue_id, _ = planned(tx)
        ours = outbox.claim(tx, issue_id, holder="1", now=NOW, lease=LEASE)
        step = partial(outbox.step, tx, holder="1", now=NOW, lease=LEASE, revision=0)
        assert step(ahead=ours).started == ours[0]
        assert step(ahead=ours).started is None
        assert outbox.claim(tx, issue_id, holder="2", now=NOW, lease=LEASE) == ()
        later_at = NOW + HOUR
        done = outbox.Done(id=ours[0].id, state=state, at=NOW, not_before=later_at)
        step(done=done)
        half = NOW + HOUR / 2
        assert outbox.claim(tx, issue_id, holder="2", now=half, lease=LEASE) == ()
        assert len(outbox.claim(tx, issue_id, holder="2", now=later_at, lease=LEASE)) == later


def test_registering_touches_no_document(database: Database) -> None:
    with database.write() as tx:
        registrations.register(tx, ASKED, now=NOW)
    assert marked(database) == set()
