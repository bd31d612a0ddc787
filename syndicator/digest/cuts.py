"""Marks in a rendered document where it is cut into pieces, and where something is put in later.

A template sets ``{{ cut("post", 3, 0) }}`` before a post and ``{{ slot("count") }}`` where a number
goes. Both are comments, which premailer and every parser leave where they are. They hold a nonce
that is made from the issue's texts, so that no text can hold it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Parts = tuple[str, ...]
"""Literals and names of slots in turn: the first is a literal, the second a name, and so on."""

FRAME = "frame"
POSTS = "told"
"""The slot in the frame where the posts of a variant go; frames are stored under this name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cuts:
    """The marks of one rendering."""

    nonce: str

    def cut(self, kind: str, *numbers: int) -> Markup:
        """Return the mark that begins a piece; ``frame`` goes on with the frame after the posts."""
        return self._mark("cut", "/".join((kind, *map(str, numbers))))

    def slot(self, name: str) -> Markup:
        """Return the mark of a place that is filled for each variant."""
        return self._mark("slot", name)

    def _mark(self, what: str, name: str) -> Markup:
        return Markup(f"<!--{self.nonce} {what} {name}-->")

    def pieces(self, document: str) -> Mapping[str, Parts]:
        """Return the pieces of a document by name; what stands before the first cut is the frame.

        A line end right after a cut belongs to the mark.
        """
        marks = rf"<!--{self.nonce} (?:(cut) ([a-z0-9/]+)-->\n?|(slot) ([a-z]+)-->)"
        first, *rest = re.split(marks, document)
        pieces: dict[str, list[str]] = {FRAME: [first]}
        parts = pieces[FRAME]
        for at in range(0, len(rest), 5):
            _, piece, _, slot, literal = rest[at : at + 5]
            if slot is not None:
                parts += [slot, literal]
                continue
            if piece == FRAME and parts is not pieces[FRAME]:
                pieces[FRAME] += [POSTS, ""]
            parts = pieces.setdefault(piece, [""])
            parts[-1] += literal
        return {name: tuple(parts) for name, parts in pieces.items()}


def joined(parts: Sequence[str], filling: Mapping[str, str]) -> str:
    """Return the literals with each slot filled.

    Raises:
        KeyError: a slot that nothing was given for.
    """
    return "".join(filling[part] if at % 2 else part for at, part in enumerate(parts))
