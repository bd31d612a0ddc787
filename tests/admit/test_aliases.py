"""Under which names an entry will be found again (P2)."""

from __future__ import annotations

import pytest

from syndicator.admit.aliases import FeedPost, Register, base, unnumbered
from tests.builders import an_entry

POST = FeedPost(parsed=an_entry("x", link="https://a.fi/1", title="Otsikko"), raw_ids=("x",))


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ([], "x"),
        (["y"], "x"),
        (["x"], "x\nhttps://a.fi/1"),
        (["x\nhttps://a.fi/2"], "x\nhttps://a.fi/1"),
        (["x", "x\nhttps://a.fi/1"], "x\nhttps://a.fi/1\notsikko"),
        (
            ["x\nhttps://a.fi/1", "x\nhttps://a.fi/1\notsikko"],
            "x\nhttps://a.fi/1\notsikko\n2",
        ),
        (
            [
                "x\nhttps://a.fi/1",
                "x\nhttps://a.fi/1\notsikko",
                "x\nhttps://a.fi/1\notsikko\n2",
            ],
            "x\nhttps://a.fi/1\notsikko\n3",
        ),
    ],
)
def test_a_new_post_gets_the_shortest_name_that_points_to_nothing_yet(
    taken: list[str], name: str
) -> None:
    assert Register([POST], taken).free(POST) == (name,)


def test_an_id_that_two_posts_of_an_answer_have_is_the_name_of_neither() -> None:
    other = FeedPost(parsed=an_entry("x", link="https://a.fi/2"), raw_ids=("x",))

    assert Register([POST, other], []).free(POST) == ("x\nhttps://a.fi/1",)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("x", "x"),
        ("x\nhttps://a.fi/1", "x\nhttps://a.fi/1"),
        ("x\nhttps://a.fi/1\notsikko", "x\nhttps://a.fi/1\notsikko"),
        ("x\nhttps://a.fi/1\notsikko\n2", "x\nhttps://a.fi/1\notsikko"),
    ],
)
def test_a_numbered_name_is_looked_up_without_its_number(name: str, plain: str) -> None:
    assert unnumbered(name) == plain
    assert base(name) == "x"
