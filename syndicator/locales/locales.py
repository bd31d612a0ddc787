"""The languages there are words for: a folder each, the operator's own before ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from syndicator.locales.catalogue import CatalogueFault, faults, read_sentences, wanted
from syndicator.locales.formats import FILE, Formats, read_formats
from syndicator.locales.locale import Locale
from syndicator.locales.order import alphabet, alphabets

_OURS = Path(__file__).resolve().parent
_EXAMPLE = "en"
"""The language in which a missing sentence is shown to whoever is to write it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Locales:
    """Finds the locale of a language; each is read at first use and kept.

    Args:
        folders: further folders of languages, each before the next and all before ours.
        first: the network's first language, whose alphabet serves those that have none of their
            own: an English page about Finnish towns lists them as the towns do.
    """

    folders: tuple[Path, ...] = ()
    first: str | None = None

    def __getitem__(self, language: str) -> Locale:
        """Return the locale of ``language``.

        Raises:
            LookupError: there is no folder of that language.
            ValueError: what stands in it cannot be read.
        """
        first = (self.first, self._of(self.first)) if self.first else None
        return _read(language, self._of(language), first)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a folder, by their code."""
        parents = (*self.folders, _OURS)
        return tuple(
            sorted(
                {
                    path.name
                    for parent in parents
                    if parent.is_dir()
                    for path in parent.iterdir()
                    if any(path.glob("*.po"))
                }
            )
        )

    def faults(self, languages: Iterable[str]) -> tuple[CatalogueFault, ...]:
        """Return what keeps pages and mails from being said in each of ``languages``.

        Raises:
            LookupError: there is no folder of one of them.
        """
        wished = tuple(languages)
        model = wanted(
            read_sentences(_EXAMPLE, folders=[_OURS / _EXAMPLE]),
            model_languages=_ours(),
            languages=wished,
        )
        problems: list[CatalogueFault] = []
        for language in wished:
            home = (self.folders[0] if self.folders else _OURS) / language
            try:
                folders = self._of(language)
                _formats(language, folders)
                sentences = read_sentences(language, folders=folders)
            except ValueError as error:
                file, _, fact = str(error).partition(": ")
                problems.append(
                    CatalogueFault(file=file, key=language, fact=fact, example="mend it")
                )
                continue
            problems += faults(language, sentences, model=model, folder=home)
        return tuple(problems)

    def fingerprint(self, languages: Iterable[str]) -> str:
        """Return a word that changes when anything that ``languages`` say or write does."""
        digest = hashlib.sha256()
        for language in languages:
            for folder in self._of(language):
                for path in sorted((*folder.glob("*.po"), *folder.glob(FILE))):
                    digest.update(f"\0{language}/{path.name}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def _of(self, language: str) -> tuple[Path, ...]:
        folders = (parent / language for parent in (*self.folders, _OURS))
        there = tuple(folder for folder in folders if folder.is_dir())
        if not language.replace("-", "").isalpha() or not there:
            raise LookupError(f"{language}: no translations")
        return there


@cache
def _ours() -> tuple[str, ...]:
    return Locales().languages


@cache
def _read(
    language: str, folders: tuple[Path, ...], first: tuple[str, tuple[Path, ...]] | None
) -> Locale:
    own = _formats(language, folders)
    rules = _order(language, own)
    if rules is None and first is not None:
        rules = _order(first[0], _formats(*first))
    return Locale(
        language,
        sentences=read_sentences(language, folders=folders),
        formats=own,
        letters=alphabet(rules or ""),
    )


def _formats(language: str, folders: Sequence[Path]) -> Formats:
    return read_formats(language, paths=[folder / FILE for folder in folders])


def _order(language: str, formats: Formats) -> str | None:
    return formats.order or alphabets().get(language.partition("-")[0])
