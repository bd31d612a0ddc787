"""Which posts an issue tells of, in which order, under which hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.config import resource
from syndicator.digest.calendar import last_closed
from syndicator.digest.compose import in_turns, issue
from syndicator.digest.render import UNSUBSCRIBE_MARK, Letterhead, mail
from syndicator.model import LANGUAGES, Cadence, Mail, Post
from syndicator.templates import environment
from tests.builders import NOW
from tests.publish.samples import a_post, an_origin

HELSINKI = ZoneInfo("Europe/Helsinki")
SLOT = last_closed(NOW, cadence=Cadence.WEEKLY, weekday=0, send_at=time(7, 3), zone=HELSINKI)


def posts_of(cities: list[str]) -> tuple[Post, ...]:
    return tuple(
        replace(
            a_post(),
            public_id=f"p{number}",
            title=f"Kirjoitus {number}",
            recency=NOW - timedelta(hours=number),
            origin=replace(an_origin(), city=city, key=f"{city}-blog"),
        )
        for number, city in enumerate(cities)
    )


posts = st.lists(st.sampled_from(["raahe", "kemi", "lohja", "pori"]), max_size=20).map(posts_of)


@given(posts)
def test_every_city_speaks_once_before_any_speaks_twice(given: tuple[Post, ...]) -> None:
    """E7."""
    turns = in_turns(given)
    spoken: dict[str | None, int] = {}
    rounds = []
    for post in turns:
        spoken[post.origin.city] = spoken.get(post.origin.city, 0) + 1
        rounds.append(spoken[post.origin.city])

    assert rounds == sorted(rounds)
    assert sorted(turns, key=lambda post: post.public_id) == sorted(
        given, key=lambda post: post.public_id
    )


@given(posts)
def test_within_a_city_the_newest_comes_first(given: tuple[Post, ...]) -> None:
    for city in {post.origin.city for post in given}:
        moments = [post.recency for post in in_turns(given) if post.origin.city == city]
        assert moments == sorted(moments, reverse=True)


@given(posts, st.randoms(use_true_random=False))
def test_the_same_posts_make_the_same_issue_in_whatever_order_they_come(
    given: tuple[Post, ...], chance: object
) -> None:
    """Promise 4."""
    shuffled = list(given)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert issue(shuffled, slot=SLOT) == issue(given, slot=SLOT)


@pytest.mark.parametrize("field", ["public_id", "url", "title", "excerpt"])
def test_another_text_is_another_issue(field: str) -> None:
    """Promise 4."""
    (post,) = posts_of(["raahe"])

    other = replace(post, **{field: "https://muu.example/"})  # type: ignore[arg-type]

    before, after = (issue([one], slot=SLOT).content_hash for one in (post, other))
    assert before != after


def rendered(post: Post, language: str) -> Mail:
    head = Letterhead(
        network="Sujuvan elämän seutukaupungit",
        base_url="https://koosteet.example",
        titles={"fi": "Viikkokooste", "sv": "Veckosammandrag", "en": "Weekly digest"},
        city_name=lambda slug, language: f"{slug} ({language})",
        zone=HELSINKI,
    )
    return mail(
        issue([post], slot=SLOT),
        language=language,
        head=head,
        templates=environment(resource("templates")),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_speaks_its_readers_language_and_tells_the_language_of_a_post(
    language: str,
) -> None:
    """Promise 9."""
    (post,) = posts_of(["raahe"])
    made = rendered(replace(post, language="fi"), language)

    titles = {
        "fi": "Viikkokooste, viikko",
        "sv": "Veckosammandrag, vecka",
        "en": "Weekly digest, week",
    }
    assert made.subject.startswith(titles[language])
    assert f'<html lang="{language}">' in made.html
    assert ('lang="fi"' in made.html) or language == "fi"
    for text in (made.text, made.html):
        assert f"raahe ({language})" in text
        assert UNSUBSCRIBE_MARK in text
        assert f"https://koosteet.example/{language}/" in text
        assert post.url in text


def test_a_title_is_text_in_both_parts_and_styles_are_inlined() -> None:
    (post,) = posts_of(["raahe"])
    made = rendered(replace(post, title="Tori & <b>tie</b>"), "fi")

    assert "Tori & <b>tie</b>" in made.text
    assert "Tori &amp; &lt;b&gt;tie&lt;/b&gt;" in made.html
    assert '<h2 style="' in made.html


def test_a_post_of_no_city_is_told_under_its_sources_own_title() -> None:
    (post,) = posts_of(["raahe"])
    origin = replace(post.origin, city=None, title="Verkoston blogi")

    assert "Verkoston blogi" in rendered(replace(post, origin=origin), "sv").text
