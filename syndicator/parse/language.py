"""Which language a text is in: what is declared, where it holds true, else what is detected.

The detector is CLD3 (docs/decisions/0007-language-detector.md). It knows a hundred languages and is
believed only where it is sure; of a few words it believes it sees all of them. So what feed or
source declares is overruled by evidence alone: a text long enough, never a title, and a detector
that has no doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import gcld3  # type: ignore[import-untyped]

_DETECTOR = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=320)
_MOST_CHARACTERS = 300
_FEWEST_LETTERS = 12
_FEWEST_FOR_OTHERS = 80
# Of 4,700 English texts of this many letters one is taken for Finnish or Swedish with such
# certainty; of texts of 20 letters, with the detector's own word for it, one in 75.
_FEWEST_TO_OVERRULE = 60
_CERTAIN = 0.97
_FEWEST_OF_A_FEED = 2 * _FEWEST_TO_OVERRULE

# What the detector takes for another language though it is the first, and the other way round.
_KIN = {"sv": frozenset({"no", "nb", "nn", "da"}), "fi": frozenset({"et"})}
_OTHER_CODES = {"iw": "he", "nb": "no", "nn": "no", "fil": "tl"}


def primary(tag: str | None) -> str | None:
    """Return the primary subtag of a language tag (``sv`` of ``sv_FI``), or ``None``."""
    code = (tag or "").strip().replace("_", "-").lower().partition("-")[0]
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the words of a post say of its language.

    ``language`` is a code (``fi``, ``sv``, ``en`` or another), ``None`` if they are too few or too
    mixed to tell; ``letters`` is how many were looked at. ``is_certain`` is True where they may
    overrule a declaration.
    """

    language: str | None
    letters: int = 0
    is_certain: bool = False


def stated(language: str) -> Evidence:
    """Return what a post that names its own language is evidence of."""
    return Evidence(language=language, letters=_FEWEST_TO_OVERRULE, is_certain=True)


def detect(text: str, *, title: str = "", ours: Collection[str]) -> Evidence:
    """Return the evidence in a text, and in its title where the text is short.

    A title that is made of the text is not counted beside it. A language other than ``ours``,
    the network's, needs more letters than one of them.
    """
    sample = " ".join(text[: 4 * _MOST_CHARACTERS].split())[:_MOST_CHARACTERS]
    letters = sum(map(str.isalpha, sample))
    is_long = letters >= _FEWEST_TO_OVERRULE
    if not is_long and not sample.startswith(title.rstrip("…")):
        sample = f"{title}. {sample}"[:_MOST_CHARACTERS]
        letters = sum(map(str.isalpha, sample))
    if letters < _FEWEST_LETTERS:
        return Evidence(language=None)
    guess = _DETECTOR.FindLanguage(text=sample)
    code = str(guess.language).partition("-")[0]
    if not guess.is_reliable or (code not in ours and letters < _FEWEST_FOR_OTHERS):
        return Evidence(language=None, letters=letters)
    return Evidence(
        language=_OTHER_CODES.get(code, code),
        letters=letters,
        is_certain=is_long and guess.probability >= _CERTAIN,
    )


def settled(
    evidence: Evidence,
    *,
    own: str | None,
    inherited: str | None,
    spoken: frozenset[str],
    ours: Collection[str],
) -> str | None:
    """Return the language of one entry; ``None`` where nothing but a guess is left.

    Args:
        own: what the entry itself declares; it is believed.
        inherited: what its feed or source speaks; it is believed unless the evidence is certain.
        spoken: the languages of a feed that declares none, as far as entries are certain to be in
            them: a few words that look like one of these are in it.
        ours: the network's languages: none of them is only another name for its kin.
    """
    code = evidence.language
    if own or code is None or code in _kin(inherited, ours):
        return own or inherited
    return code if evidence.is_certain or code in spoken else inherited


def together(texts: Iterable[str], *, ours: Collection[str]) -> str | None:
    """Return the language of many short texts, each too short to tell alone, or ``None``."""
    whole = detect(". ".join(text[:_FEWEST_TO_OVERRULE] for text in texts), ours=ours)
    return whole.language if whole.is_certain else None


def prevailing(
    entries: Iterable[Evidence], *, declared: str | None, ours: Collection[str]
) -> str | None:
    """Return the language most entries are written in, or ``declared`` where that is not clear.

    A declaration is given up only when most of at least two entries speak against it, and have
    letters enough together: templates say ``en`` over Finnish texts, and a bilingual feed is half
    and half.
    """
    counts: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for evidence in entries:
        if evidence.language:
            is_kin = evidence.language in _kin(declared, ours)
            code = declared if declared and is_kin else evidence.language
            counts[code] += 1
            letters[code] += evidence.letters
    total = counts.total()
    if not total:
        return declared
    top, times = counts.most_common(1)[0]
    if declared is None:
        return top if times * 2 > total and letters[top] >= _FEWEST_TO_OVERRULE else None
    clear = total > 1 and times * 3 >= total * 2 and letters[top] >= _FEWEST_OF_A_FEED
    return top if clear else declared


def _kin(code: str | None, ours: Collection[str]) -> frozenset[str]:
    """Return what the detector may say of a text that is in ``code``."""
    return _KIN.get(code or "", frozenset()) - frozenset(ours)
