"""docs/architecture.md names every folder, in the order of imports, and only modules there are."""

from __future__ import annotations

import configparser
import importlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "syndicator"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NOUNS = ("feeds", "people", "issues", "upkeep")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    table = PAGE.split(heading, 1)[1].split("|---", 1)[1].split("\n\n", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]
    ]


def names(cell: str) -> list[str]:
    """Return what a cell names, without the slash that marks a folder."""
    return [name.rstrip("/") for name in re.findall(r"`([\w/]+)`", cell)]


def children(folder: Path) -> set[str]:
    """Return the modules and packages in a folder."""
    return {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}


def test_the_table_of_folders_names_each_of_them_once() -> None:
    named = [name for first, _ in rows("\n## The folders\n") for name in names(first)]

    assert sorted(named) == sorted(children(PACKAGE))


def test_the_table_of_folders_is_the_order_of_the_contract() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    layers = contract["importlinter:contract:layers"]["layers"].splitlines()
    floors = {
        name: number for number, layer in enumerate(layers) for name in re.findall(r"\w+", layer)
    }

    order = [[floors[name] for name in names(first)] for first, _ in rows("\n## The folders\n")]

    assert order == sorted(order)
    assert [name for name in floors if name not in children(PACKAGE)] == []


def test_the_floors_have_the_nouns_that_the_grid_gives_them() -> None:
    for floor, *cells in rows("\n## Floors and nouns\n"):
        (name,) = names(floor)
        packages = {child for child in children(PACKAGE / name) if child in NOUNS}
        given = {noun for noun, cell in zip(NOUNS, cells, strict=True) if "`site/`" not in cell}
        assert packages == given, name


def test_no_module_is_named_that_is_not_there() -> None:
    missing = []
    for dotted in sorted(set(re.findall(r"`((?:[a-z_]+\.)+\w+)`", PAGE))):
        first, *rest = dotted.split(".")
        if first not in children(PACKAGE):
            continue
        module, attributes = f"syndicator.{first}", rest
        while attributes:
            try:
                importlib.import_module(f"{module}.{attributes[0]}")
            except ModuleNotFoundError:
                break
            module, attributes = f"{module}.{attributes[0]}", attributes[1:]
        thing: object = importlib.import_module(module)
        for attribute in attributes:
            thing = getattr(thing, attribute, None)
        if thing is None:
            missing.append(dotted)

    assert missing == []
