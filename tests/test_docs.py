"""What is documented exists, and what exists is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from syndicator.cli import root
from syndicator.cli.exits import Exit
from syndicator.config import environment

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
VARIABLES = {environment.PREFIX + name.upper() for name in environment.Environment.model_fields}


def test_operations_documents_every_variable_and_no_other() -> None:
    rows = set(re.findall(r"^\| `(SYNDICATOR_\w+)` \|", OPERATIONS, flags=re.M))

    assert rows == VARIABLES


@pytest.mark.parametrize("path", ["Dockerfile", "compose.yaml", "README.md", "docs/operations.md"])
def test_no_page_or_file_names_a_variable_that_does_not_exist(path: str) -> None:
    named = set(re.findall(r"SYNDICATOR_[A-Z_]+", (ROOT / path).read_text(encoding="utf-8")))

    assert named <= VARIABLES


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command with the words that call it, groups followed into."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name, command


@pytest.mark.parametrize(("words", "command"), list(commands(root)))
def test_operations_documents_every_command_and_option(words: str, command: click.Command) -> None:
    rows = [row for row in OPERATIONS.splitlines() if row.startswith("| `") and words in row]
    options = [
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    ]

    assert rows, f"no row for {words}"
    assert [option for option in options if option not in " ".join(rows)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_command_or_option_that_does_not_exist(page: Path) -> None:
    known = dict(commands(root))
    groups = {words.split(" ")[0] for words in known if " " in words}
    said = re.findall(r"`(?:syndicator )?([a-z]+(?: [a-z]+)?)([^`]*)`", page.read_text("utf-8"))
    wrong = []
    for words, rest in said:
        if words.split(" ")[0] in groups and " " in words:
            parameters = known[words].params if words in known else []
            named = {option for each in parameters for option in each.opts} | {"--help"}
            if words not in known or not set(re.findall(r"--[a-z-]+", rest)) <= named:
                wrong.append(f"{words}{rest}")

    assert not wrong


def test_every_line_of_a_log_that_operations_explains_can_be_written() -> None:
    part = OPERATIONS.split("## Reading the logs", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \|", part, flags=re.M)
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "syndicator").rglob("*.py")]
    named = [phrase for row in rows for phrase in re.findall(r"`([^`]+)`", row)]

    assert named
    assert [phrase for phrase in named if not any(f'"{phrase}' in text for text in sources)] == []


def test_operations_documents_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", OPERATIONS, flags=re.M)

    assert [int(row) for row in rows] == [int(code) for code in Exit]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)[^)]*\)", text)

    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert not dead


def test_every_decision_is_listed_once() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))

    assert listed == sorted({path.name for path in folder.glob("*.md")} - {"README.md"})


def test_every_dependency_says_in_one_line_how_we_would_leave_it() -> None:
    toml = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = toml.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    names = re.findall(r'^\s+"([\w-]+)', block, flags=re.M)
    stack = (ROOT / "docs/decisions/0001-stack.md").read_text(encoding="utf-8").lower()

    assert names
    assert [name for name in names if name not in stack] == []


def test_the_guide_for_cities_says_the_same_in_each_language() -> None:
    """Promise 9: fi and sv are complete and equal, en too."""
    shapes = {}
    for language in ("fi", "sv", "en"):
        text = (ROOT / f"docs/cities.{language}.md").read_text(encoding="utf-8")
        starts = [line.split(" ")[0] for line in text.splitlines()]
        shapes[language] = [mark for mark in starts if re.fullmatch(r"#+|-|\d\.", mark)]

    assert shapes["fi"] == shapes["sv"] == shapes["en"]
    assert shapes["fi"]


def test_requirements_are_locked_and_name_no_index() -> None:
    for name in (
        "requirements.txt",
        "requirements-demo.txt",
        "requirements-dev.txt",
        "requirements-build.txt",
    ):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"://|--(extra-)?index-url|--find-links", text)


def test_what_runs_is_what_was_tested() -> None:
    """The runtime lock is a part of the development lock, version by version."""

    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.\[\]-]+==[^\s;\\]+)", text, flags=re.M))

    assert pins("requirements.txt") <= pins("requirements-demo.txt")
    assert pins("requirements-demo.txt") <= pins("requirements-dev.txt")
    assert pins("requirements-build.txt") <= pins("requirements-dev.txt")
