"""A post as JSON and back, for issues that must read for ever as they read when frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from syndicator.model import Post

_POST = TypeAdapter(Post)


def to_json(post: Post) -> dict[str, Any]:
    """Return all of a post as values that JSON knows; ``from_json`` gives the same post back."""
    stored: dict[str, Any] = _POST.dump_python(post, mode="json")
    return stored


def from_json(stored: Mapping[str, Any]) -> Post:
    """Return the post that ``to_json`` was given; a field that was added since has its default."""
    return _POST.validate_python(stored)
