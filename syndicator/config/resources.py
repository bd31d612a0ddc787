"""Where the files that travel with the program are: templates, sample configuration, locales."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource(*parts: str) -> Path:
    """Return the path of a bundled file or folder: ``resource("templates", "site")``.

    In a checkout the folders stand beside the package, so that what a person edits there is what
    runs; a wheel carries the same folders in ``syndicator/_bundled``. Translations stand inside
    the package in both. The path is not promised to exist.
    """
    inside = _PACKAGE.joinpath(*parts)
    bundled = _PACKAGE.joinpath("_bundled", *parts)
    if inside.exists():
        return inside
    return bundled if bundled.exists() else _PACKAGE.parent.joinpath(*parts)
