"""A CSV of people from another list: every fault with its line, and no one without evidence."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.model import Cadence, Selection
from syndicator.subscribe.import_csv import (
    COLUMNS,
    Fault,
    ImportRow,
    Offered,
    cell,
    from_cell,
    moment_of,
    read,
)
from tests.builders import NOW

OFFERED = Offered(
    languages=frozenset({"fi", "sv"}),
    cadences=frozenset({"weekly", "monthly"}),
    cities=frozenset({"raahe", "kemi"}),
    topics=frozenset({"osaajat"}),
)
HEAD = ",".join(COLUMNS)
GOOD = 'maija@RAAHE.fi,fi,weekly,"raahe, kemi",osaajat,2024-05-02 09:30:00,https://a.fi/form,Kyllä'


def found(*lines: str, head: str = HEAD) -> list[ImportRow | Fault]:
    text = "\n".join((head, *lines)) + "\n"
    return list(read(io.StringIO(text, newline=""), offered=OFFERED, now=NOW))


def faults(*lines: str, head: str = HEAD) -> list[str]:
    told = found(*lines, head=head)
    assert all(isinstance(one, Fault) for one in told)
    return [str(one) for one in told]


def test_a_row_is_somebody_with_what_they_want_and_where_they_said_so() -> None:
    assert found(GOOD) == [
        ImportRow(
            line=2,
            address="maija@raahe.fi",
            selection=Selection(
                language="fi",
                cadence=Cadence.WEEKLY,
                cities=frozenset({"raahe", "kemi"}),
                topics=frozenset({"osaajat"}),
            ),
            consent_at=datetime(2024, 5, 2, 9, 30, tzinfo=UTC),
            consent_source="https://a.fi/form",
            consent_text="Kyllä",
        )
    ]


def test_columns_may_stand_in_any_order_between_semicolons_after_a_byte_order_mark() -> None:
    """As spreadsheets in Finland save them."""
    head = "\ufeffconsent_text;consent_source;consent_at;Cadence;Language;Address"
    (arrival,) = found("Ja;lomake;2024-05-02T09:30+03:00;Monthly;SV;maija@raahe.fi", head=head)
    assert isinstance(arrival, ImportRow)
    assert arrival.selection == Selection(language="sv", cadence=Cadence.MONTHLY)
    assert arrival.consent_at == datetime(2024, 5, 2, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        (GOOD.replace("@RAAHE.fi", ""), "line 2: address: not a mail address"),
        (GOOD.replace(",fi,", ",de,"), "line 2: language: must be one of fi, sv"),
        (GOOD.replace("weekly", ""), "line 2: cadence: must be one of monthly, weekly"),
        (GOOD.replace("kemi", "oulu"), "line 2: cities: not known: oulu"),
        (GOOD.replace("osaajat", "muut"), "line 2: topics: not known: muut"),
        (GOOD.replace("2024-05-02 09:30:00", "eilen"), "line 2: consent_at: not a moment"),
        (GOOD.replace("2024", "2034"), "line 2: consent_at: lies in the future"),
        (GOOD.replace("2024-05-02 09:30:00", ""), "line 2: consent_at is empty"),
        (GOOD.replace("https://a.fi/form", " "), "line 2: consent_source is empty"),
        (GOOD.replace("Kyllä", ""), "line 2: consent_text is empty"),
        (GOOD.replace("Kyllä", "a" * 2001), "line 2: consent_text is longer than 2000 letters"),
        (GOOD + ",x", "line 2: has 9 columns instead of 8"),
        (GOOD + ',"x', "line 2: cannot be read"),
    ],
)
def test_a_wrong_row_says_what_is_wrong_and_never_whose_it_is(row: str, fact: str) -> None:
    (told,) = faults(row)
    assert told.startswith(fact)
    assert "maija" not in told


def test_every_fault_of_every_row_is_told_with_its_line() -> None:
    """All problems listed with line numbers."""
    told = faults(
        "x,de,daily,,,,,", "", "y@k.fi,fi,weekly,,,,,", '"z\n@k.fi",fi,weekly,,,,a,b', "x"
    )
    assert [line.partition(":")[0] for line in told] == [
        *["line 2"] * 6,
        *["line 4"] * 3,
        *["line 5"] * 2,
        "line 7",
    ]


def test_an_address_that_stands_twice_names_its_first_line() -> None:
    first, second = found(GOOD, GOOD.replace("RAAHE", "raahe"))
    assert isinstance(first, ImportRow)
    assert str(second) == "line 3: address: the same as in line 2"


@pytest.mark.parametrize(
    ("head", "facts"),
    [
        ("", ["line 1: has no column address, language, cadence, consent_at, "]),
        ("Email Address,OPTIN_TIME", ["line 1: has no column", "line 1: has a column we do not"]),
        (HEAD + ",address", ["line 1: has a column twice: address"]),
    ],
)
def test_a_form_that_is_not_ours_is_refused_at_its_header(head: str, facts: list[str]) -> None:
    told = faults(GOOD, head=head)
    assert len(told) == len(facts)
    assert all(one.startswith(fact) for one, fact in zip(told, facts, strict=True))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2018-02-12 18:06:58", "2018-02-12T18:06:58+00:00"),
        ("2018-02-12", "2018-02-12T00:00:00+00:00"),
        ("2022-02-03 10:00:00.123456 +0000 UTC", "2022-02-03T10:00:00+00:00"),
        ("2022-02-03 12:00:00 +0200 EET", None),
        ("2022-02-03T10:00:00.5Z", "2022-02-03T10:00:00+00:00"),
        ("2022-02-03T12:00:00+02:00", "2022-02-03T10:00:00+00:00"),
        ("3.2.2022", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_moments_are_read_as_other_programs_write_them(written: str, moment: str | None) -> None:
    read_as = moment_of(written)
    assert (read_as.isoformat() if read_as else None) == moment


@given(st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=5), st.text(max_size=60))
def test_no_file_stops_the_reading(rows: list[list[str]], head: str) -> None:
    """Nothing that an outsider sends stops the run (promise 1)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    for first in (head, HEAD):
        lines = io.StringIO(f"{first}\n{text.getvalue()}", newline="")
        for one in read(lines, offered=OFFERED, now=NOW):
            assert isinstance(one, Fault)
            assert one.line >= 1


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula_and_each_reads_as_what_was_put_in(text: str) -> None:
    written = cell(text)

    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert from_cell(written) == text
