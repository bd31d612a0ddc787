"""``subscribers``: what each command does, says and ends with, and that logs hold no address."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.cli.exits import Exit
from syndicator.subscribe.import_csv import COLUMNS
from tests.cli.world import Town, town

ADDRESS = "maija@raahe.fi"
HEAD = ",".join(COLUMNS)
ROW = f"{ADDRESS},fi,weekly,raahe,,2024-05-02 09:30:00,https://a.fi/form,Kyllä"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        yield made


def a_file(folder: Path, *rows: str) -> str:
    path = folder / "people.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return str(path)


def test_people_are_taken_from_a_file_listed_shown_and_written_again(
    here: Town, tmp_path: Path
) -> None:
    said = here.says("subscribers", "import", a_file(tmp_path, ROW))
    assert said.code == Exit.DONE
    assert said.out.startswith("1 taken. Not taken: 0 are here already, 0 left or were erased")
    listed = here.says("subscribers", "list").out
    assert listed.splitlines() == [
        f"active   fi/weekly/raahe/         {ADDRESS}",
        "1 active weekly fi",
    ]
    counted = here.says("subscribers", "list", "--count", "--state", "active").out
    assert counted == "1 active weekly fi\n"
    shown = json.loads(here.says("subscribers", "show", "Maija@raahe.fi".lower()).out)
    assert shown["subscriber"]["address"] == ADDRESS
    assert [line["event"] for line in shown["consents"]] == ["imported"]
    (row,) = csv.DictReader(io.StringIO(here.says("subscribers", "export").out))
    assert (row["address"], row["consent_source"]) == (ADDRESS, "https://a.fi/form")


def test_an_export_into_a_file_is_for_its_owner_only_and_can_be_imported(
    here: Town, tmp_path: Path
) -> None:
    here.says("subscribers", "import", a_file(tmp_path, ROW))
    out = tmp_path / "out.csv"
    assert here.says("subscribers", "export", "--out", str(out)).out.endswith("1 subscribers.\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    said = here.says("subscribers", "import", "--dry-run", str(out))
    assert said.out.startswith("0 would be taken. Not taken: 1 are here already")


def test_what_a_spreadsheet_would_run_is_written_as_text_and_read_back(
    here: Town, tmp_path: Path
) -> None:
    """An address or a note may begin as a formula does; an editor's computer would run it."""
    row = ROW.replace(ADDRESS, "=1+1@raahe.fi").replace("Kyllä", "'@sum(a1)")
    here.says("subscribers", "import", a_file(tmp_path, row))
    out = tmp_path / "out.csv"
    here.says("subscribers", "export", "--out", str(out))

    (written,) = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert (written["address"], written["consent_text"]) == ("'=1+1@raahe.fi", "'@sum(a1)")
    said = here.says("subscribers", "import", "--dry-run", str(out))
    assert said.out.startswith("0 would be taken. Not taken: 1 are here already")


def test_a_file_with_faults_takes_nobody_and_lists_them_all(here: Town, tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("Kyllä", ""), ROW.replace("@", " at ")]
    said = here.says("subscribers", "import", a_file(tmp_path, *rows))
    assert said.code == Exit.WRONG
    assert "line 3: address: the same as in line 2" in said.err
    assert "line 3: consent_text is empty" in said.err
    assert "line 4: address: not a mail address" in said.err
    assert "3 faults. Nobody was taken." in said.err
    assert ADDRESS not in said.err + said.out
    assert here.says("subscribers", "list").out == ""


def test_a_file_in_another_encoding_is_refused_with_advice(here: Town, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(f"{HEAD}\n{ROW}\n".encode("latin-1"))
    said = here.says("subscribers", "import", str(path))
    assert said.code == Exit.WRONG
    assert "CSV UTF-8" in said.err


def test_an_erased_person_is_shown_by_their_chain_alone_and_not_brought_back(
    here: Town, tmp_path: Path
) -> None:
    file = a_file(tmp_path, ROW)
    here.says("subscribers", "import", file)
    assert here.says("subscribers", "erase", ADDRESS, "--yes").code == Exit.DONE
    assert here.says("subscribers", "erase", ADDRESS, "--yes").code == Exit.IN_PART
    shown = json.loads(here.says("subscribers", "show", ADDRESS).out)
    assert shown["subscriber"] is None
    assert [line["event"] for line in shown["consents"]] == ["imported", "erased"]
    assert here.says("subscribers", "import", file).out.startswith("0 taken.")


def test_a_suppressed_address_is_kept_out_until_lifted(here: Town, tmp_path: Path) -> None:
    for code in (Exit.DONE, Exit.IN_PART):
        assert here.says("subscribers", "suppress", ADDRESS, "--why", "asked us").code == code
    said = here.says("subscribers", "import", a_file(tmp_path, ROW))
    assert said.out.endswith("1 are suppressed.\n")
    for code in (Exit.DONE, Exit.IN_PART):
        assert here.says("subscribers", "lift", ADDRESS).code == code
    assert here.says("subscribers", "import", a_file(tmp_path, ROW)).out.startswith("1 taken.")


def test_the_list_marks_whom_no_mail_may_reach(here: Town, tmp_path: Path) -> None:
    other = ROW.replace(ADDRESS, "pekka@raahe.fi")
    here.says("subscribers", "import", a_file(tmp_path, ROW, other))
    here.says("subscribers", "suppress", ADDRESS, "--why", "asked us")

    listed = here.says("subscribers", "list").out.splitlines()

    marked = [line.split()[-2] for line in listed if line.endswith(" suppressed")]
    assert marked == [ADDRESS]


def test_what_is_no_address_is_a_wrong_command(here: Town) -> None:
    said = here.says("subscribers", "show", "maija")
    assert said.code == Exit.WRONG
    assert "not a mail address" in said.err
    assert here.says("subscribers", "show", "nobody@raahe.fi").code == Exit.IN_PART


def test_forgetting_says_how_much(here: Town) -> None:
    said = here.says("subscribers", "forget")
    assert said.out.startswith("Forgotten: 0 unconfirmed requests, 0 who left, 0 letters")
