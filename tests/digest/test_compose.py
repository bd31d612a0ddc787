"""Which posts an issue tells of, in which order, under which hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.digest.compose import draft, revised
from syndicator.digest.order import in_order
from syndicator.model import Post, speaks
from tests.builders import LANGUAGES, NOW
from tests.digest.issues import NAMES, SLOT, an_issue, frozen, post_from, some_posts

languages = st.sampled_from(LANGUAGES)


def titles(posts: tuple[Post, ...], language: str) -> list[str]:
    return [post.title for post in in_order(posts, language=language, names=NAMES)]


@given(some_posts, st.randoms(use_true_random=False))
def test_the_same_posts_make_the_same_draft_in_whatever_order_they_come(
    given_posts: tuple[Post, ...], chance: Random
) -> None:
    """Promise 4."""
    shuffled = list(given_posts)
    chance.shuffle(shuffled)

    assert draft(shuffled, slot=SLOT) == draft(given_posts, slot=SLOT)


@given(some_posts, languages, st.randoms(use_true_random=False))
def test_the_order_is_total_and_loses_nobody(
    given_posts: tuple[Post, ...], language: str, chance: Random
) -> None:
    shuffled = list(given_posts)
    chance.shuffle(shuffled)
    ordered = in_order(given_posts, language=language, names=NAMES)

    assert in_order(shuffled, language=language, names=NAMES) == ordered
    assert in_order(ordered, language=language, names=NAMES) == ordered
    assert sorted(post.public_id for post in ordered) == sorted(
        post.public_id for post in given_posts
    )


@given(some_posts, languages)
def test_a_city_is_told_in_one_piece_the_readers_language_first_then_the_newest(
    given_posts: tuple[Post, ...], language: str
) -> None:
    ordered = in_order(given_posts, language=language, names=NAMES)
    groups = [post.origin.city or post.origin.key for post in ordered]

    assert len([at for at, group in enumerate(groups) if groups[:at][-1:] != [group]]) == len(
        set(groups)
    )
    for city in set(groups):
        own = [post for post, group in zip(ordered, groups, strict=True) if group == city]
        places = [(not speaks(post, language), NOW - post.recency) for post in own]
        assert places == sorted(places)


def test_cities_come_by_the_alphabet_of_the_readers_language() -> None:
    """Ä stands after all others in Finnish; Ähtäri is Etseri in Swedish, Raahe Brahestad."""
    posts = (
        post_from("ahtari", 1, title="Ähtäri"),
        post_from("raahe", 2, title="Raahe"),
        post_from("kauhajoki", 3, title="Kauhajoki"),
    )

    assert titles(posts, "fi") == ["Kauhajoki", "Raahe", "Ähtäri"]
    assert titles(posts, "sv") == ["Raahe", "Ähtäri", "Kauhajoki"]


def test_a_draft_goes_out_at_its_slot_and_tells_of_its_window() -> None:
    made = an_issue(post_from("raahe"))

    assert (made.opens, made.closes, made.send_at) == (SLOT.opens, SLOT.closes, SLOT.at)


@pytest.mark.parametrize("field", ["public_id", "url", "title", "excerpt", "language"])
def test_another_text_is_another_issue(field: str) -> None:
    """Promise 4."""
    post = post_from("raahe")
    other = replace(post, **{field: "https://muu.fi/"})  # type: ignore[arg-type]

    assert an_issue(post).content_hash != an_issue(other).content_hash


def test_what_nobody_reads_does_not_change_the_issue() -> None:
    post = post_from("raahe")
    other = replace(post, updated=post.updated + timedelta(days=1), categories=("uusi",))

    assert an_issue(post).content_hash == an_issue(other).content_hash


def test_a_greeting_and_a_post_left_out_make_a_new_version_with_another_hash() -> None:
    """A greeting or a left-out entry makes a new version (decisions: digest)."""
    first = frozen(an_issue(post_from("raahe", 1), post_from("lohja", 2)))
    greeted = revised(first, greetings={"fi": "Hyvää viikkoa!", "sv": " "})
    shorter = revised(greeted, greetings={}, left_out={"p0001"})

    assert (greeted.version, shorter.version) == (2, 3)
    assert greeted.greetings == {"fi": "Hyvää viikkoa!"}
    assert [post.public_id for post in shorter.posts] == ["p0002"]
    assert len({version.content_hash for version in (first, greeted, shorter)}) == 3


def test_a_greeting_taken_back_is_the_first_issue_again() -> None:
    first = frozen(an_issue(post_from("raahe")))
    there = revised(first, greetings={"fi": "Hei"})

    assert revised(there, greetings={}).content_hash == first.content_hash
