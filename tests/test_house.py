"""The rules of the house: sizes, docstrings, layers and doors, for every module there is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.errors import SyndicatorError

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "syndicator").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LONGEST_MODULE = 500
LONGEST_FUNCTION = 70
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}

WORLD = {
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "time.monotonic",
    "monotonic",
}
WORLD |= {"random", "random.random", "random.uniform", "random.choice", "os.getenv"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def short(path: Path) -> str:
    """Return the path as a test id."""
    return str(path.relative_to(ROOT))


def public_names(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield each public function and class of a module, and the public methods of the classes."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from public_names(node.body, prefix=f"{node.name}.")


def subclasses(error: type[Exception]) -> Iterator[type[Exception]]:
    """Yield every error below ``error`` that is imported by now."""
    for below in error.__subclasses__():
        yield below
        yield from subclasses(below)


@pytest.mark.parametrize("path", MODULES + TESTS, ids=short)
def test_no_module_is_longer_than_a_person_can_hold(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{short(path)} has {lines} lines: cut it in two"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    long = [
        f"{node.name} ({length} lines)"
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long, f"{short(path)}: {', '.join(long)}"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_every_public_name_says_what_it_does(path: Path) -> None:
    module = tree(path)
    bare = [name for name, node in public_names(module.body) if not ast.get_docstring(node)]  # type: ignore[arg-type]
    if not ast.get_docstring(module) and module.body:
        bare.insert(0, "the module itself")
    assert not bare, f"{short(path)}: no docstring: {', '.join(bare)}"


def test_every_error_stands_in_the_tree_that_errors_draws() -> None:
    home = ROOT / "syndicator" / "errors.py"
    errors: set[type[Exception]] = {SyndicatorError, *subclasses(SyndicatorError)}
    drawn = ast.get_docstring(tree(home)) or ""
    strangers = [
        f"{short(path)}: {node.name}"
        for path in MODULES
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
        and {base.id for base in node.bases if isinstance(base, ast.Name)}
        & {error.__name__ for error in errors}
        and (path != home or f" {node.name} " not in drawn)
    ]
    assert not strangers


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = [short(path) for path in MODULES if FORBIDDEN_NAMES & set(path.with_suffix("").parts)]
    assert not drawers


@pytest.mark.parametrize("path", TESTS, ids=short)
def test_no_test_patches_a_dotted_path_or_sleeps(path: Path) -> None:
    found = [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"mock.patch", "monkeypatch.setattr", "time.sleep", "sleep"}
    ]
    assert not found, f"{short(path)}: {found}"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_clock_chance_and_environment_are_read_only_where_things_are_wired(path: Path) -> None:
    """What decides does not touch: time, randomness and settings come in as arguments."""
    wiring = {"app", "app.py", "cli", "cli.py", "demo", "__main__.py"}
    if path.relative_to(ROOT / "syndicator").parts[0] in wiring:
        return
    found = [
        f"line {node.lineno}: {ast.unparse(node.func)}()"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in WORLD
    ]
    assert not found, f"{short(path)}: {', '.join(found)}"


@pytest.mark.parametrize("floor", ["cli", "web"])
def test_no_write_transaction_is_opened_above_the_acts(floor: str) -> None:
    """An act opens its own: whoever calls it, page or command, does the same thing."""
    writes = [
        f"{short(path)}:{node.lineno}"
        for path in (ROOT / "syndicator" / floor).rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Attribute)
        and item.context_expr.func.attr == "write"
    ]
    assert not writes


def test_layers_and_doors_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
