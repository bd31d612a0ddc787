"""A list with nothing in it says so, beside the list: what reads it from a pipe gets no line."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.cli.exits import Exit
from tests.cli.world import Output, town


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("entries list", "No posts yet."),
        ("entries list --state held", "No such posts."),
        ("issues list", "No issues yet."),
        ("subscribers list", "No subscribers yet."),
        ("subscribers list --count --state left", "No left subscribers."),
        ("mail returned", "Nothing came back yet."),
    ],
)
def test_an_empty_list_says_that_it_is_empty(tmp_path: Path, words: str, line: str) -> None:
    with town(tmp_path) as here:
        here.says("db", "upgrade")
        said = here.says(*words.split())
    assert said == Output(code=Exit.DONE, out="", err=f"{line}\n")


def test_posts_of_a_source_that_is_none_are_not_just_no_posts(tmp_path: Path) -> None:
    with town(tmp_path) as here:
        said = here.says("entries", "list", "--source", "rahe-blog")
    assert said.code == Exit.WRONG
    assert "no such source: rahe-blog; see `syndicator sources list`" in said.err


@pytest.mark.parametrize("words", ["run", "status", "db upgrade"])
@pytest.mark.parametrize("place", ["file", "file/data", "/proc/none/data", "/proc/self"])
def test_a_data_folder_that_cannot_be_is_one_problem_of_the_configuration(
    tmp_path: Path, words: str, place: str
) -> None:
    """Such as one on a disk that is mounted for reading only."""
    (tmp_path / "file").touch()
    with town(tmp_path) as here:
        here.environment["SYNDICATOR_DATA"] = str(tmp_path / place)
        said = here.says(*words.split())

    assert (said.code, said.out) == (Exit.WRONG, "")
    header, problem = said.err.splitlines()
    assert header == "1 problem(s) in the configuration:"
    assert problem.startswith("the environment: SYNDICATOR_DATA: ")
    assert problem.endswith("(for example: SYNDICATOR_DATA=/var/lib/syndicator)")
