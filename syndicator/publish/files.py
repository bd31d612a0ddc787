"""EDGE: artefacts as a tree of files that any web server can serve."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from syndicator.errors import OutsideTree
from syndicator.model import Artefact

FORMER_MANIFEST = ".published.json"
"""Where the list lay before: in the tree's root, for everybody to read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a run changed, as paths within the folder, sorted."""

    changed: tuple[str, ...]
    removed: tuple[str, ...]


def manifest_of(directory: Path, *, data_dir: Path) -> Path:
    """Return where the list of what we wrote into a folder lies: away from what the public sees."""
    name = hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:16]
    return data_dir / "published" / f"{name}.json"


def write_tree(directory: Path, artefacts: Iterable[Artefact], *, manifest: Path) -> Written:
    """Make the folder hold exactly these artefacts, beside files that are not ours.

    Each file appears whole or not at all; one whose bytes are the same is not touched. Compressed
    forms lie beside the plain one (``feed.xml.gz``). What an earlier run wrote and is no longer
    published is removed.

    Raises:
        OutsideTree: a path is absolute or climbs out; nothing was written.
        OSError: the folder cannot be written; files so far are whole, the next run goes on.
    """
    wanted = {path: body for artefact in artefacts for path, body in _forms(artefact)}
    places = {path: _inside(directory, path) for path in wanted}
    former = directory / FORMER_MANIFEST
    before = _listed(manifest) | _listed(former)
    directory.mkdir(parents=True, exist_ok=True)
    # The list grows before the first file and shrinks after the last removal, so that a run cut
    # short leaves nothing behind that no later run would know as ours.
    _write(manifest, _listing(before | set(wanted)), mode=0o600)
    former.unlink(missing_ok=True)
    changed = [path for path in sorted(wanted) if _write(places[path], wanted[path])]
    removed = [path for path in sorted(before - set(wanted)) if _remove(directory, path)]
    _write(manifest, _listing(set(wanted)), mode=0o600)
    return Written(changed=tuple(changed), removed=tuple(removed))


def _forms(artefact: Artefact) -> Iterable[tuple[str, bytes]]:
    yield artefact.path, artefact.body
    if artefact.gz is not None:
        yield f"{artefact.path}.gz", artefact.gz
    if artefact.br is not None:
        yield f"{artefact.path}.br", artefact.br


def _inside(directory: Path, path: str) -> Path:
    pure = PurePosixPath(path)
    bad = "\\" in path or "\0" in path or pure.is_absolute() or ".." in pure.parts or not pure.parts
    if bad or pure.parts[0] == FORMER_MANIFEST:
        raise OutsideTree(f"{path!r}: not a path inside the folder")
    place = directory.joinpath(*pure.parts)
    if not place.parent.resolve().is_relative_to(directory.resolve()):
        raise OutsideTree(f"{path!r}: a link leads out of the folder")
    return place


def _write(place: Path, body: bytes, *, mode: int = 0o644) -> bool:
    if place.is_file() and place.read_bytes() == body:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).chmod(mode)
        Path(name).replace(place)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _remove(directory: Path, path: str) -> bool:
    try:
        place = _inside(directory, path)
    except OutsideTree:  # not from our hand: we never wrote there
        return False
    if not place.is_file():
        return False
    place.unlink()
    for folder in place.relative_to(directory).parents:
        with contextlib.suppress(OSError):  # not empty: somebody else's files are in it
            (directory / folder).rmdir()
    return True


def _listed(manifest: Path) -> set[str]:
    """Return what we wrote before; nothing if the list is missing or spoilt."""
    try:
        files = json.loads(manifest.read_bytes())["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()
    return {path for path in files if isinstance(path, str)} if isinstance(files, list) else set()


def _listing(paths: set[str]) -> bytes:
    return json.dumps({"files": sorted(paths)}, indent=1).encode("utf-8") + b"\n"
