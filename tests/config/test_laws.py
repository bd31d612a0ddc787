"""Laws of the loader: whatever the file or the environment, settings or problems, nothing else."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from syndicator.config import Settings, load
from syndicator.errors import ConfigError, Problem
from tests.config.samples import TOML, write

LINES = TOML.splitlines()
KEYS = [number for number, line in enumerate(LINES) if " = " in line]
VARIABLES = ["CONFIG", "DATA", "DATABASE_URL", "BASE_URL", "LISTEN", "SMTP_URL", "TEMPLATES"]
VARIABLES += ["ALLOW_NETWORKS", "ALLOW_PORTS", "HEARTBEAT_URL"]

scalars = st.one_of(
    st.text(max_size=30).map(json.dumps),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["true", "nan", "-inf", "07:03:00", "2026-11-24", "1e300", '"""\n"""']),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["fi", "sv", "x"]), inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=6,
)


def outcome(environ: dict[str, str]) -> Settings | tuple[Problem, ...]:
    """Load; anything but settings or problems is a failed test."""
    try:
        return load(environ)
    except ConfigError as error:
        return error.problems


def outcome_of(text: str) -> Settings | tuple[Problem, ...]:
    """Load ``text``; every problem must say what is wrong and how it should look."""
    with tempfile.TemporaryDirectory() as folder:
        result = outcome({"SYNDICATOR_CONFIG": str(write(Path(folder), text))})
    if not isinstance(result, Settings):
        assert result
        assert all(problem.fact and problem.example for problem in result)
    return result


@given(st.text(max_size=300))
def test_garbage_is_only_ever_a_problem(text: str) -> None:
    assert not isinstance(outcome_of(text), Settings)


@given(line=st.sampled_from(KEYS), value=values)
def test_any_value_of_any_key_gives_settings_or_problems(line: int, value: str) -> None:
    key = LINES[line].partition(" = ")[0]
    result = outcome_of("\n".join([*LINES[:line], f"{key} = {value}", *LINES[line + 1 :]]))

    if isinstance(result, Settings):
        tables = (result.cities, result.declarations, result.topics, result.digests)
        assert [len(table) for table in tables] == [1, 1, 1, 1]
    else:
        assert all("feeds.toml" in problem.file for problem in result)


@given(st.sets(st.integers(0, len(LINES) - 1), max_size=10))
def test_any_lines_may_be_missing(gone: set[int]) -> None:
    kept = [line for n, line in enumerate(LINES) if n not in gone]

    result = outcome_of("\n".join(kept))

    # A head that is missing leaves its keys to the table before: they are never taken silently.
    if isinstance(result, Settings):
        assert {"[network]", "[combined]", "[[city]]"} <= set(kept)
        assert len(result.topics) == kept.count("[[topic]]")
        assert len(result.digests) == kept.count("[[digest]]")


@given(st.permutations(TOML.split("\n\n")))
def test_the_order_of_tables_means_nothing(tables: list[str]) -> None:
    settings = outcome_of("\n\n".join(tables))

    assert isinstance(settings, Settings)
    assert [city.slug for city in settings.cities] == ["kivikyla"]


@given(
    st.dictionaries(
        st.sampled_from(VARIABLES).map(lambda name: f"SYNDICATOR_{name}"), st.text(max_size=40)
    )
)
def test_any_environment_gives_settings_or_problems(environ: dict[str, str]) -> None:
    assert outcome(environ)
