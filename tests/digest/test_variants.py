"""Which posts each selection gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from syndicator.digest.variants import variants
from syndicator.model import Cadence, Post, Selection
from tests.builders import LANGUAGES
from tests.digest.issues import CITIES, NAMES, an_issue, ids_in_order, post_from, some_posts
from tests.publish.samples import an_origin

selections = st.builds(
    Selection,
    language=st.sampled_from(LANGUAGES),
    cadence=st.just(Cadence.WEEKLY),
    cities=st.frozensets(st.sampled_from(list(CITIES)), max_size=3),
    topics=st.frozensets(st.sampled_from(["osaajat", "asuminen"])),
)


def given_to(wanted: Selection, *posts: Post) -> tuple[str, ...] | None:
    variant = variants(an_issue(*posts), {1: wanted}, names=NAMES)[1]
    return None if variant is None else variant.posts


def a_selection(**changes: object) -> Selection:
    facts: dict[str, object] = {"language": "fi", "cadence": Cadence.WEEKLY}
    return Selection(**(facts | changes))  # type: ignore[arg-type]


@given(some_posts, st.lists(selections, max_size=6))
def test_every_selection_gets_what_it_chose_in_its_order_and_nothing_is_none(
    posts: tuple[Post, ...], wanted: list[Selection]
) -> None:
    """E9: an empty variant is nobody's mail."""
    by_selection = variants(an_issue(*posts), dict(enumerate(wanted)), names=NAMES)

    assert by_selection.keys() == set(range(len(wanted)))
    for number, selection in enumerate(wanted):
        chosen = [
            post
            for post in posts
            if (not selection.cities or post.origin.city in selection.cities)
            and (not selection.topics or set(post.topics) & selection.topics)
        ]
        variant = by_selection[number]
        if variant is None:
            assert chosen == []
        else:
            assert variant.language == selection.language
            assert list(variant.posts) == ids_in_order(chosen, selection.language)


def test_all_cities_chosen_one_by_one_is_the_variant_of_those_who_chose_none() -> None:
    everything = frozenset(CITIES)
    by_selection = variants(
        an_issue(post_from("raahe", 1), post_from("lohja", 2)),
        {1: a_selection(), 2: a_selection(cities=everything), 3: a_selection(language="sv")},
        names=NAMES,
    )

    assert by_selection[1] == by_selection[2]
    assert by_selection[1] != by_selection[3]


def test_a_story_that_two_cities_tell_is_for_the_readers_of_both() -> None:
    """P3."""
    other = replace(an_origin(), city="lohja", key="lohja-blogi")
    story = post_from("raahe", others=(other,))

    assert given_to(a_selection(cities=frozenset({"lohja"})), story) == (story.public_id,)
    assert given_to(a_selection(cities=frozenset({"ahtari"})), story) is None


def test_a_post_in_another_language_is_told_too() -> None:
    """Posts stay in their own language, marked (domain 3.6)."""
    assert given_to(a_selection(), post_from("raahe", language="sv")) == ("p0001",)
