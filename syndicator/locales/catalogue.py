"""The .po files, a folder a language and a file a room, read at first use and kept."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_FOLDER = Path(__file__).resolve().parent


class Translator:
    """Sentences of one language by key. Immutable, shared by threads."""

    def __init__(self, language: str, *, files: Iterable[bytes]) -> None:
        catalogue = Catalog(locale=language)
        for file in files:
            for message in read_po(BytesIO(file), locale=language, abort_invalid=True):
                catalogue[message.id] = message
        compiled = BytesIO()
        # The standard library holds the plural rules of gettext; a .mo in memory is its way in.
        write_mo(compiled, catalogue)
        self.language = language
        self.keys = frozenset(_key(message.id) for message in catalogue if message.id)
        self._texts = GNUTranslations(BytesIO(compiled.getvalue()))

    def __contains__(self, key: str) -> bool:
        return key in self.keys

    def text(self, key: str, **facts: object) -> str:
        """Return the sentence of ``key`` with ``facts`` in their places, unescaped.

        Raises:
            KeyError: no such key, or a fact the sentence needs is missing: both are our mistake.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        return self._texts.gettext(key).format(**facts)

    def count(self, key: str, n: int, **facts: object) -> str:
        """Return the sentence of ``key`` in the form that ``n`` things take; ``{n}`` is in it.

        Raises:
            KeyError: as for ``text``.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        return self._texts.ngettext(key, key, n).format(n=n, **facts)

    def forms(self, key: str) -> tuple[str, str]:
        """Return the sentence of ``key`` for one and for many, its facts still in braces.

        Raises:
            KeyError: no such key.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        return self._texts.ngettext(key, key, 1), self._texts.ngettext(key, key, 2)


@cache
def translator(language: str) -> Translator:
    """Return the translator of ``language`` (``fi``, ``sv`` or ``en``).

    Raises:
        LookupError: we have no such language.
    """
    folder = _FOLDER / language
    if not language.isalpha() or not folder.is_dir():
        raise LookupError(f"{language}: no translations")
    return Translator(language, files=(path.read_bytes() for path in sorted(folder.glob("*.po"))))


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]
