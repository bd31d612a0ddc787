"""The .po files of a language: its sentences by key, and what is wrong with them.

Files of an operator's folder come before ours, sentence by sentence: whoever wants three words
changed writes a file with three.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueFault:
    """What is wrong with a sentence, in words: where, which, what, and how it could be said."""

    file: str
    key: str
    fact: str
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence in all its forms, and the file it stands in."""

    file: str
    forms: tuple[str, ...]
    counted: bool

    @property
    def facts(self) -> frozenset[str]:
        """The names in braces.

        Raises:
            ValueError: braces that do not match.
        """
        parsed = (part for form in self.forms for part in string.Formatter().parse(form))
        return frozenset(name for _, name, _, _ in parsed if name is not None)


Sentences = Mapping[str, Sentence]


def read_sentences(language: str, *, folders: Sequence[Path]) -> Sentences:
    """Return the sentences of ``folders``; of a key that stands in several the first folder's.

    Raises:
        ValueError: a file is no catalogue; the message begins with the file's name.
    """
    sentences: dict[str, Sentence] = {}
    for folder in folders:
        own: dict[str, Sentence] = {}
        for path in sorted(folder.glob("*.po")):
            own |= dict(_messages(language, path))
        sentences = own | sentences
    return sentences


def _messages(language: str, path: Path) -> Iterator[tuple[str, Sentence]]:
    try:
        catalogue = read_po(
            BytesIO(path.read_bytes()), locale=language.replace("-", "_"), abort_invalid=True
        )
        for message in catalogue:
            if message.id:
                counted = not isinstance(message.id, str)
                key = message.id[0] if counted else message.id
                written = message.string if counted else (message.string,)
                forms = tuple(str(form or "") for form in written or ())
                yield str(key), Sentence(file=str(path), forms=forms, counted=counted)
    except (OSError, ValueError, PoFileError) as error:
        raise ValueError(f"{path}: is no catalogue: {error}") from error


def compiled(language: str, sentences: Sentences) -> GNUTranslations:
    """Return the sentences with the plural rule of the language, as Babel has it."""
    catalogue = Catalog(locale=language.replace("-", "_"))
    for key, sentence in sentences.items():
        if sentence.counted:
            catalogue.add((key, key), string=sentence.forms)
        else:
            catalogue.add(key, string=sentence.forms[0])
    out = BytesIO()
    # The standard library holds the plural rules of gettext; a .mo in memory is its way in.
    write_mo(out, catalogue)
    return GNUTranslations(BytesIO(out.getvalue()))


def wanted(
    model: Sentences, *, model_languages: Iterable[str], languages: Iterable[str]
) -> Sentences:
    """Return the sentences that a language must have, each as an example.

    Those that name languages (``post.in.fi``) come once for each of ``languages`` instead of the
    ones that ``model`` tells of.
    """
    endings = [f".{language}" for language in model_languages]
    families = {
        key.removesuffix(endings[0])
        for key in model
        if key.endswith(endings[0])
        and all(key.removesuffix(endings[0]) + ending in model for ending in endings)
    }
    named = {family + ending for family in families for ending in endings}
    return {key: sentence for key, sentence in model.items() if key not in named} | {
        f"{family}.{language}": model[family + endings[0]]
        for family in families
        for language in languages
    }


def faults(
    language: str, sentences: Sentences, *, model: Sentences, folder: Path
) -> Iterator[CatalogueFault]:
    """Yield what keeps ``sentences`` from saying all that ``model`` does.

    Args:
        folder: where a file of this language would stand.
    """
    plurals = Catalog(locale=language.replace("-", "_")).num_plurals
    for key, example in model.items():
        own = sentences.get(key)
        sample = f'msgid "{key}" msgstr "{example.forms[0]}"'
        if own is None:
            file = folder / Path(example.file).name
            fact = f"is missing in {language}"
        else:
            file = Path(own.file)
            fact = _fact(own, example=example, plurals=plurals)
        if fact:
            yield CatalogueFault(file=str(file), key=key, fact=fact, example=sample)


def _fact(own: Sentence, *, example: Sentence, plurals: int) -> str:
    if own.counted != example.counted:
        return "must have plural forms" if example.counted else "must have no plural forms"
    if own.counted and len(own.forms) != plurals:
        return f"has {len(own.forms)} forms, and a number takes {plurals} in this language"
    if not all(form.strip() for form in own.forms):
        return "is empty"
    try:
        unknown = sorted(own.facts - example.facts)
    except ValueError as error:
        return f"has braces that do not match: {error}"
    return f"has {{{unknown[0]}}}, which it is not given" if unknown else ""
