"""Sentences: complete and equal in every language, in the form their number takes."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from syndicator import locales
from syndicator.locales import translator
from syndicator.model import LANGUAGES, HeldBecause, NoticeKind, Reason

_FOLDER = Path(locales.__file__).parent
_RULE = re.compile(r'"(E\d+)"')


def _messages(language: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
        for message in catalogue:
            key = message.id if isinstance(message.id, str) else message.id[0]
            assert not key or key not in found, f"{path.name}: {key} stands twice"
            forms = message.string
            found[key] = (forms,) if isinstance(forms, str) else tuple(forms or ())
    found.pop("", None)
    return found


def _facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    """Promise 9: fi and sv are complete and equal, en too."""
    assert set(_messages(language)) == set(_messages("fi"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_rooms(language: str) -> None:
    rooms = {path.name for path in (_FOLDER / language).iterdir()}
    assert rooms == {path.name for path in (_FOLDER / "fi").iterdir()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_and_each_holds_the_same_facts(language: str) -> None:
    finnish = _messages("fi")
    for key, forms in _messages(language).items():
        assert len(forms) == len(finnish[key]), key
        for form, original in zip(forms, finnish[key], strict=True):
            assert form.strip(), key
            assert _facts(form) == _facts(original), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_every_guard_has_its_sentence(language: str) -> None:
    speak = translator(language)
    assert [one for one in Reason if f"reason.{one}" not in speak] == []
    assert [one for one in HeldBecause if f"held.{one}" not in speak] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_notice_has_its_sentence(language: str) -> None:
    speak = translator(language)
    assert [kind for kind in NoticeKind if f"notice.{kind}" not in speak] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_mail_that_is_checked_has_its_name(language: str) -> None:
    package = _FOLDER.parent
    checks = [*(package / "digest").glob("*.py"), package / "pipeline" / "issues" / "preflight.py"]
    rules = {one for path in checks for one in _RULE.findall(path.read_text("utf-8"))}
    speak = translator(language)

    assert len(rules) > 1
    assert [one for one in sorted(rules) if f"desk.rule.{one}" not in speak] == []


@pytest.mark.parametrize(
    ("language", "n", "expected"),
    [
        ("fi", 0, "0 kirjoitusta"),
        ("fi", 1, "1 kirjoitus"),
        ("fi", 2, "2 kirjoitusta"),
        ("sv", 1, "1 inlägg"),
        ("sv", 2, "2 inlägg"),
        ("en", 1, "1 post"),
        ("en", 0, "0 posts"),
    ],
)
def test_a_number_takes_its_form(language: str, n: int, expected: str) -> None:
    assert translator(language).count("post.count", n) == expected


def test_a_missing_sentence_is_loud() -> None:
    with pytest.raises(KeyError, match=r"fi: no\.such\.key"):
        translator("fi").text("no.such.key")


@pytest.mark.parametrize("name", ["de", "../fi", ""])
def test_a_language_we_do_not_speak_is_no_file(name: str) -> None:
    with pytest.raises(LookupError):
        translator(name)
