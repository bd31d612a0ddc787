"""A takedown reaches frozen issues: title and date stay, content goes (decisions: digest)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from syndicator.model import Channel, Issue, Scope
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.incoming import StoryRow
from syndicator.store.feeds import dirty_channels, moderation, sources
from syndicator.store.issues import issue_archive, issues, redactions, renderings, transitions
from tests.builders import LANGUAGES, NOW, ago, an_entry
from tests.publish.samples import a_draft
from tests.store.stored import a_stored_source, apply, new

DAY = timedelta(days=1)


def frozen(database: Database, *, period: str = "2026-W48") -> Issue:
    """Return an issue of two posts of one blog."""
    source = a_stored_source(database)
    apply(
        database,
        source,
        new=(
            new(an_entry("?p=1", published=ago(days=2))),
            new(an_entry("?p=2", published=ago(days=1))),
        ),
    )
    with database.write() as tx:
        carried = issues.eligible(tx, opens=ago(days=7), closes=NOW)
        return issues.create(tx, a_draft(*carried, period=period))


def started(tx: Tx, issue: Issue, *, version: int = 1, now: datetime = NOW) -> None:
    transitions.approve(tx, issue.id, version=version, by="toimittaja@seutu.fi", now=now)
    assert transitions.start(tx, issue.id, version=version, now=now)


def again(tx: Tx, issue: Issue) -> Issue:
    found = issues.get(tx, issue.id)
    assert found is not None
    return found


def test_title_and_date_stay_and_everything_else_goes(database: Database) -> None:
    before = frozen(database)
    with database.write() as tx:
        redactions.take_down(tx, 1, now=NOW + DAY)
        after = again(tx, before)

    old = {post.public_id: post for post in before.posts}
    (gone,) = (post for post in after.posts if not post.url)
    was = old.pop(gone.public_id)
    assert (gone.title, gone.published, gone.origin) == (was.title, was.published, was.origin)
    assert (gone.excerpt, gone.content_html, gone.authors) == ("", "", ())
    assert [post.public_id for post in after.posts] == [post.public_id for post in before.posts]
    assert set(old.values()) < set(after.posts)
    assert (after.revision, after.version, after.content_hash) == (1, 1, before.content_hash)


def test_what_was_rendered_of_it_is_forgotten(database: Database) -> None:
    issue = frozen(database)
    with database.write() as tx:
        renderings.freeze(tx, issue, language="fi", content={"told": "Kirjoitus 1"})
        redactions.take_down(tx, 1, now=NOW + DAY)

        assert renderings.load(tx, issue, language="fi") is None
        assert renderings.load(tx, again(tx, issue), language="fi") is None


def test_its_page_in_the_archive_is_made_anew(database: Database) -> None:
    frozen(database)
    with database.write() as tx:
        for channel, mark in dirty_channels.marked(tx).items():
            dirty_channels.unmark(tx, channel, mark=mark)
        redactions.take_down(tx, 1, now=NOW + DAY)
        made = {one for one in dirty_channels.marked(tx) if one.scope is Scope.ISSUES}

    assert made == {
        Channel(scope=Scope.ISSUES, value=f"{language}{one}")
        for language in LANGUAGES
        for one in ("", "/weekly/2026-W48")
    }


def test_taking_down_twice_is_once(database: Database) -> None:
    issue = frozen(database)
    with database.write() as tx:
        redactions.take_down(tx, 1, now=NOW + DAY)
        moderation.show(tx, 1, now=NOW + DAY)
        redactions.take_down(tx, 1, now=NOW + 2 * DAY)

        assert again(tx, issue).revision == 1


def test_a_takedown_leaves_what_another_source_told(database: Database) -> None:
    ours = frozen(database)
    a_stored_source(database, "toinen")
    other = an_entry("?p=9")
    with database.read() as tx:
        theirs = sources.by_key(tx, "toinen")
    assert theirs is not None
    apply(database, theirs, new=(new(other),))
    with database.write() as tx:
        redactions.take_down(tx, 3, now=NOW + DAY)

        assert again(tx, ours) == ours


def test_a_story_that_two_tell_stays_as_the_one_told_it_whose_was_not_taken_down(
    database: Database,
) -> None:
    ours = frozen(database)
    theirs = a_stored_source(database, "toinen")
    with database.read() as tx:
        (story, *_) = tx.execute(select(StoryRow.id).order_by(StoryRow.id)).scalars()
    apply(database, theirs, new=(new(an_entry("?p=9"), story=story),))
    with database.write() as tx:
        assert redactions.take_down(tx, 3, now=NOW + DAY)

        assert again(tx, ours) == ours


def test_an_issue_that_told_it_under_a_merged_id_is_reached_too(database: Database) -> None:
    """A late merge leaves one id and a tombstone for the other (decisions: entries)."""
    issue = frozen(database)
    with database.write() as tx:
        first, second = tx.execute(select(StoryRow.id).order_by(StoryRow.id)).scalars()
        told = tx.execute(select(StoryRow.public_id).where(StoryRow.id == first)).scalar_one()
        tx.execute(
            update(table_of(StoryRow)).where(StoryRow.id == first).values(merged_into=second)
        )
        redactions.take_down(tx, 2, now=NOW + DAY)
        (gone,) = (post for post in again(tx, issue).posts if post.public_id == told)

    assert gone.url == ""


# --- renderings -----------------------------------------------------------------------------------


def test_a_rendering_is_frozen_once_whoever_renders_it_again(database: Database) -> None:
    """Promise 4: mail, archive and feed come from one object."""
    issue = frozen(database)
    with database.write() as tx:
        first = renderings.freeze(tx, issue, language="fi", content={"frame": ["a", "slot"]})
        again = renderings.freeze(tx, issue, language="fi", content={"frame": ["b"]})
        other = renderings.load(tx, issue, language="sv")

    assert (first, again, other) == ({"frame": ["a", "slot"]}, first, None)


def test_what_was_rendered_before_a_takedown_is_not_kept_after_it(database: Database) -> None:
    """The slow one of two must not bring back what is gone."""
    before = frozen(database)
    with database.write() as tx:
        redactions.take_down(tx, 1, now=NOW + DAY)
        renderings.freeze(tx, before, language="fi", content={"told": "Kirjoitus 1"})

        assert renderings.load(tx, before, language="fi") is None


def test_a_new_version_is_rendered_anew_and_the_old_one_forgotten(database: Database) -> None:
    """Approval freezes a version (decisions: digest): nobody is mailed another one's words."""
    first = frozen(database)
    assert first.id is not None
    with database.write() as tx:
        renderings.freeze(tx, first, language="fi", content={"greeting": ""})
        renderings.freeze(tx, first, language="sv", content={"greeting": ""})
        transitions.revise(
            tx,
            first.id,
            version=1,
            greetings={"fi": "Hei!"},
            left_out=(),
            content_hash="h2",
            by="toimittaja@seutu.fi",
            now=NOW,
        )
        second = again(tx, first)
        assert renderings.load(tx, second, language="fi") is None
        renderings.freeze(tx, second, language="fi", content={"greeting": "Hei!"})

        assert renderings.load(tx, second, language="fi") == {"greeting": "Hei!"}
        assert renderings.load(tx, first, language="fi") is None
        assert renderings.load(tx, first, language="sv") == {"greeting": ""}


# --- the shelf ------------------------------------------------------------------------------------


def test_an_issue_is_on_the_shelf_from_the_moment_it_starts(database: Database) -> None:
    issue = frozen(database)
    one = Channel(scope=Scope.ISSUES, value="fi/weekly/2026-W48")
    with database.write() as tx:
        assert issue_archive.edition(tx, one).issues == ()
        started(tx, issue)
        (past,) = issue_archive.edition(tx, one).issues
        (listed,) = issue_archive.edition(tx, Channel(scope=Scope.ISSUES, value="sv")).issues

    assert (past.path, past.sent_at, past.posts) == ("issues/weekly/2026-W48/", NOW, issue.posts)
    assert listed == past


def test_the_archive_is_made_anew_when_an_issue_starts(database: Database) -> None:
    issue = frozen(database)
    with database.write() as tx:
        for channel, mark in dirty_channels.marked(tx).items():
            dirty_channels.unmark(tx, channel, mark=mark)
        started(tx, issue)
        made = {one.value for one in dirty_channels.marked(tx)}

    assert made == {
        f"{language}{one}" for language in LANGUAGES for one in ("", "/weekly/2026-W48")
    }


def test_what_an_editor_left_out_is_not_in_the_archive_either(database: Database) -> None:
    issue = frozen(database)
    kept, left = issue.posts
    with database.write() as tx:
        transitions.revise(
            tx,
            issue.id,
            version=1,
            greetings={},
            left_out={left.public_id},
            content_hash="h2",
            by="toimittaja@seutu.fi",
            now=NOW,
        )
        started(tx, issue, version=2)
        (past,) = issue_archive.edition(tx, Channel(scope=Scope.ISSUES, value="fi")).issues

    assert past.posts == (kept,)


def test_the_list_of_past_issues_begins_with_the_one_sent_last(database: Database) -> None:
    with database.write() as tx:
        for week in (46, 48, 47):
            issue = issues.create(tx, a_draft(period=f"2026-W{week}"))
            started(tx, issue, now=NOW + week * DAY)
        found = issue_archive.edition(tx, Channel(scope=Scope.ISSUES, value="fi")).issues

    assert [past.period for past in found] == ["2026-W48", "2026-W47", "2026-W46"]


def test_a_takedown_dates_the_issue_anew(database: Database) -> None:
    issue = frozen(database)
    one = Channel(scope=Scope.ISSUES, value="fi/weekly/2026-W48")
    with database.write() as tx:
        started(tx, issue)
        redactions.take_down(tx, 1, now=NOW + DAY)
        made = issue_archive.edition(tx, one)

    assert made.updated == made.issues[0].changed_at == NOW + DAY


def test_the_greeting_is_that_of_the_language(database: Database) -> None:
    with database.write() as tx:
        issue = issues.create(tx, a_draft(greetings={"fi": "Hei", "sv": "Hej"}))
        started(tx, issue)
        greetings = [
            issue_archive.edition(tx, Channel(scope=Scope.ISSUES, value=language))
            .issues[0]
            .greeting
            for language in LANGUAGES
        ]

    assert greetings == ["Hei", "Hej", ""]


def test_an_issue_tells_the_topics_of_its_posts(database: Database) -> None:
    """Selections choose by them."""
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")),), topics=("osaajat", "asuminen"))
    apply(database, source, new=(new(an_entry("?p=2")),))
    with database.read() as tx:
        carried = issues.eligible(tx, opens=ago(days=7), closes=NOW)

    assert {post.topics for post in carried} == {("asuminen", "osaajat"), ()}
