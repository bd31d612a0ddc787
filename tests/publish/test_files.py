"""A static tree of the published bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from syndicator.errors import OutsideTree
from syndicator.model import Artefact
from syndicator.publish.artefact import compressed, plain
from syndicator.publish.files import (
    FORMER_MANIFEST,
    Written,
    manifest_of,
    write_tree,
)
from tests.publish.samples import NOON


def a_file(path: str, body: bytes = b"hei", *, current: bool = True) -> Artefact:
    """Return an artefact of plain text."""
    made = plain(path, content_type="text/plain", body=body, modified=NOON)
    return compressed(made, current=current)


def listed_in(directory: Path) -> Path:
    return directory.parent / f"{directory.name}.files.json"


def write(directory: Path, artefacts: Iterable[Artefact]) -> Written:
    """Write the tree, its list beside the folder."""
    return write_tree(directory, artefacts, manifest=listed_in(directory))


def tree(directory: Path) -> dict[str, bytes]:
    """Return every file, by its path."""
    return {
        str(place.relative_to(directory)): place.read_bytes()
        for place in sorted(directory.rglob("*"))
        if place.is_file()
    }


def test_each_artefact_lies_beside_its_compressed_forms(tmp_path: Path) -> None:
    made = a_file("city/raahe/feed.xml")
    archive = a_file("archive/2026-10.xml", current=False)
    written = write(tmp_path / "out", [made, archive])

    assert tree(tmp_path / "out") == {
        "archive/2026-10.xml": b"hei",
        "archive/2026-10.xml.gz": archive.gz,
        "city/raahe/feed.xml": b"hei",
        "city/raahe/feed.xml.br": made.br,
        "city/raahe/feed.xml.gz": made.gz,
    }
    assert len(written.changed) == 5


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path, [a_file("a"), a_file("b")])
    for name in ("a", "b"):
        os.utime(tmp_path / name, (1, 1))

    written = write(tmp_path, [a_file("a"), a_file("b", b"uusi")])

    assert (tmp_path / "a").stat().st_mtime == 1
    assert (tmp_path / "b").stat().st_mtime != 1
    assert set(written.changed) == {"b", "b.gz", "b.br"}
    assert written.removed == ()


def test_what_is_no_longer_published_is_removed_with_its_empty_folders(tmp_path: Path) -> None:
    write(tmp_path, [a_file("a"), a_file("city/raahe/feed.xml")])

    written = write(tmp_path, [a_file("a")])

    assert set(tree(tmp_path)) == {"a", "a.gz", "a.br"}
    assert not (tmp_path / "city").exists()
    assert set(written.removed) == {f"city/raahe/feed.xml{end}" for end in ("", ".gz", ".br")}


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "own.html").write_text("oma")
    write(tmp_path, [a_file("city/feed.xml")])

    write(tmp_path, [])

    assert tree(tmp_path) == {"city/own.html": b"oma"}


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "", ".", "a\\..\\x", "a\0b", FORMER_MANIFEST, "C:\\x"]
)
def test_no_path_leaves_the_folder_and_nothing_is_written_then(tmp_path: Path, path: str) -> None:
    out = tmp_path / "out"

    with pytest.raises(OutsideTree):
        write(out, [a_file("a"), a_file(path)])

    assert not out.exists()


def test_a_link_planted_in_the_folder_does_not_lead_out(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "city").symlink_to(outside)

    with pytest.raises(OutsideTree):
        write(out, [a_file("city/feed.xml")])

    assert list(outside.iterdir()) == []


def test_a_manifest_that_names_files_outside_removes_none_of_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, [a_file("a")])
    (tmp_path / "precious").write_text("x")
    listed_in(out).write_text(json.dumps({"files": ["../precious", "/a", "a"]}))

    write(out, [])

    assert (tmp_path / "precious").exists()
    assert set(tree(out)) == {"a.gz", "a.br"}


def test_a_broken_manifest_means_that_nothing_is_known_as_ours(tmp_path: Path) -> None:
    write(tmp_path, [a_file("a")])
    listed_in(tmp_path).write_text("{")

    write(tmp_path, [a_file("b")])

    assert set(tree(tmp_path)) >= {"a", "b"}


def test_a_run_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    """The list is written before the files, so that none of them is ever forgotten."""
    write(tmp_path, [])
    (tmp_path / "bad").mkdir()

    with pytest.raises(OSError, match="bad"):
        write(tmp_path, [a_file("a"), a_file("bad")])
    write(tmp_path, [])

    assert tree(tmp_path) == {}


def test_no_half_written_file_is_left_behind(tmp_path: Path) -> None:
    write(tmp_path, [a_file("a", b"x" * 100_000)])

    assert not [name for name in tree(tmp_path) if ".writing-" in name]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_the_list_of_an_earlier_version_is_taken_over_and_leaves_the_public_folder(
    tmp_path: Path,
) -> None:
    write(tmp_path, [a_file("a"), a_file("old")])
    listed_in(tmp_path).rename(tmp_path / FORMER_MANIFEST)

    written = write(tmp_path, [a_file("a")])

    assert set(tree(tmp_path)) == {"a", "a.gz", "a.br"}
    assert set(written.removed) == {"old", "old.gz", "old.br"}


def test_each_folder_has_a_list_of_its_own_in_the_data_folder(tmp_path: Path) -> None:
    lists = {manifest_of(tmp_path / name, data_dir=tmp_path) for name in ("a", "b")}

    assert len(lists) == 2
    assert {one.parent for one in lists} == {tmp_path / "published"}
