"""Which language a text is in: what is declared, where it holds true, else what is detected.

The detector is CLD3 (docs/decisions/0007-language-detector.md). It knows a hundred languages and is
believed only where it is sure; of a few words it believes it sees all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import gcld3  # type: ignore[import-untyped]

from syndicator.model import LANGUAGES

_DETECTOR = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=320)
_MOST_CHARACTERS = 300
_FEWEST_LETTERS = 12
_FEWEST_TO_OVERRULE = 40
_FEWEST_FOR_OTHERS = 80

# What the detector takes for another language though it is the first, and the other way round.
_KIN = {"sv": frozenset({"no", "nb", "nn", "da"}), "fi": frozenset({"et"})}
_OTHER_CODES = {"iw": "he", "nb": "no", "nn": "no", "fil": "tl"}


def primary(tag: str | None) -> str | None:
    """Return the primary subtag of a language tag (``sv`` of ``sv_FI``), or ``None``."""
    code = (tag or "").strip().replace("_", "-").lower().partition("-")[0]
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else None


def detect(text: str) -> str | None:
    """Return the language code of ``text`` (``fi``, ``sv``, ``en`` or another), or ``None``.

    ``None`` means: too short or too mixed to tell. A language other than ours needs more text.
    """
    sample = " ".join(text.split())[:_MOST_CHARACTERS]
    letters = sum(map(str.isalpha, sample))
    if letters < _FEWEST_LETTERS:
        return None
    found = _DETECTOR.FindLanguage(text=sample)
    code = str(found.language).partition("-")[0]
    if not found.is_reliable or (code not in LANGUAGES and letters < _FEWEST_FOR_OTHERS):
        return None
    return _OTHER_CODES.get(code, code)


def settled(
    text: str, *, detected: str | None, own: str | None, inherited: str | None
) -> str | None:
    """Return the language of one entry.

    Args:
        text: what ``detected`` was found in; a short one overrules nothing.
        own: what the entry itself declares; it is believed.
        inherited: what its feed or source says; it is believed unless a long text says otherwise.
    """
    if own:
        return own
    if detected is None or inherited is None:
        return inherited or detected
    if detected == inherited or detected in _KIN.get(inherited, ()):
        return inherited
    return detected if len(text) >= _FEWEST_TO_OVERRULE else inherited


def prevailing(detected: Iterable[str | None], *, declared: str | None) -> str | None:
    """Return the language most entries are written in, or ``declared`` where that is not clear.

    A declaration is given up only when most of at least two entries speak against it: templates
    say ``en`` over Finnish texts, and a bilingual feed is half and half.
    """
    counts = Counter(code for code in detected if code)
    for kin in _KIN.get(declared or "", ()):
        counts[declared or ""] += counts.pop(kin, 0)
    total = counts.total()
    if not total:
        return declared
    top, times = counts.most_common(1)[0]
    if declared is None:
        return top if times * 2 > total else None
    return top if total > 1 and times * 3 >= total * 2 else declared
