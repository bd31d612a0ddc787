"""What each command does, says and ends with."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.cli.exits import Exit
from syndicator.cli.words import left_line
from syndicator.pipeline.data_folder import owned
from syndicator.publish import opml
from tests.cli.world import Output, Town, town


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        yield made


def listed(said: Output) -> list[int]:
    return [int(line.split()[0]) for line in said.out.splitlines() if line[:7].strip().isdigit()]


def test_a_pull_says_a_line_a_source_and_ends_in_part_when_one_failed(here: Town) -> None:
    said = here.says("pull", "--all")

    assert said.code == Exit.IN_PART
    assert re.search(r"^raahe-blog: \d+ new$", said.out, flags=re.M)
    assert re.search(r"^ahtari-blog: not_a_feed: ", said.out, flags=re.M)
    assert re.search(r"^6 sources pulled, 1 failed, \d+ documents changed\.$", said.out, flags=re.M)


def test_a_pull_says_what_it_did_not_get_to_ask() -> None:
    assert left_line(98).startswith("98 not asked: their host was busy")


def test_a_pull_of_one_source_asks_no_other_and_counts_it_once(here: Town) -> None:
    said = here.says("pull", "--source", "raahe-blog", "--source", "raahe-blog")

    assert said.code == Exit.DONE
    assert "1 sources pulled, 0 failed" in said.out
    assert "kauhajoki" not in said.out


def test_a_pull_of_an_unknown_source_touches_nothing(here: Town) -> None:
    said = here.says("pull", "--source", "turku-blog")

    assert said.code == Exit.WRONG
    assert "no such source: turku-blog" in said.err


def test_publishing_into_a_folder_twice_writes_nothing_the_second_time(here: Town) -> None:
    """Promise 3."""
    here.says("pull", "--source", "raahe-blog")
    out = here.folder / "site"

    first, second = (here.says("publish", "--out", str(out)) for _ in range(2))

    assert (first.code, second.code) == (Exit.DONE, Exit.DONE)
    assert (out / "feed.xml").read_bytes().startswith(b"<?xml")
    assert list(out.glob(".*")) == []
    assert f"{out}: 0 files written, 0 removed." not in first.out
    assert second.out.splitlines() == [
        "0 documents changed.",
        f"{out}: 0 files written, 0 removed.",
    ]


def test_a_bad_configuration_gives_every_problem_and_touches_nothing(here: Town) -> None:
    here.environment["SYNDICATOR_LISTEN"] = "nowhere"
    here.environment["SYNDICATOR_ALLOW_NETWORKS"] = "all"

    said = here.says("pull")

    assert said.code == Exit.WRONG
    assert "2 problem(s) in the configuration" in said.err
    assert not (here.folder / "data").exists()


def test_an_unknown_word_is_a_wrong_command(here: Town) -> None:
    assert here.says("pull", "--everything").code == Exit.WRONG


def test_the_version_is_told(here: Town) -> None:
    assert here.says("--version").out.startswith("syndicator, version ")


def test_a_fresh_database_is_refused_by_check_and_made_by_upgrade(here: Town) -> None:
    before = here.says("db", "check")
    assert before.code == Exit.SCHEMA
    assert "run `syndicator db upgrade`" in before.err

    assert here.says("db", "upgrade").code == Exit.DONE
    assert here.says("db", "check").code == Exit.DONE


@pytest.mark.parametrize("words", [("db", "check"), ("db", "upgrade"), ("pull",), ("status",)])
def test_a_schema_of_another_program_is_never_touched(here: Town, words: tuple[str, ...]) -> None:
    """Promise 10."""
    here.says("db", "upgrade")
    (file,) = (here.folder / "data").glob("*.sqlite3")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    said = here.says(*words)

    assert said.code == Exit.SCHEMA
    assert "syndicator db upgrade" in said.err


def test_status_tells_each_source_in_words_and_for_programs(here: Town) -> None:
    here.says("pull", "--all")

    words, programs = here.says("status"), here.says("status", "--json")

    assert words.code == programs.code == Exit.DONE
    assert re.search(r"^raahe-blog ", words.out, flags=re.M)
    assert "entries are held." in words.out
    assert {"raahe-blog", "ahtari-blog"} <= {
        source["key"] for source in json.loads(programs.out)["sources"]
    }


def test_status_names_what_the_operator_has_to_do_with_the_command_for_it(here: Town) -> None:
    words, programs = here.says("status"), here.says("status", "--json")

    assert "Set your own before the first reader comes." in words.out
    assert "placeholder" in {one["kind"] for one in json.loads(programs.out)["notices"]}


def test_status_says_what_is_so_now_though_nothing_runs_and_that_nothing_does(here: Town) -> None:
    """At two in the morning, after a kill, the last tick's word would be wrong."""
    here.says("digest", "pause", "--all")
    assert "No newsletter is sent now" in here.says("status").out

    here.says("digest", "resume", "--all")
    after = here.says("status").out

    assert "No newsletter is sent now" not in after
    assert "Nothing runs on this data folder" in after
    with owned(here.folder / "data"):
        assert "Nothing runs" not in here.says("status").out


def test_an_entry_is_held_released_taken_down_and_let_back(here: Town) -> None:
    here.says("pull", "--source", "raahe-blog")
    first = listed(here.says("entries", "list", "--source", "raahe-blog"))[0]

    held = here.says("entries", "hold", str(first))
    assert (held.code, f"{first}: held" in held.out) == (Exit.DONE, True)
    assert "0 documents changed" not in held.out
    assert listed(here.says("entries", "list", "--state", "held")) == [first]
    assert here.says("entries", "hold", str(first)).code == Exit.IN_PART

    assert here.says("entries", "release", "--source", "raahe-blog").code == Exit.DONE
    assert listed(here.says("entries", "list", "--state", "held")) == []

    assert here.says("entries", "hide", "--yes", str(first)).code == Exit.DONE
    assert first not in listed(here.says("entries", "list", "--state", "shown"))
    assert here.says("entries", "show", str(first)).code == Exit.DONE
    assert here.says("entries", "show", str(first)).code == Exit.IN_PART


@pytest.mark.parametrize("words", [(), ("1", "--source", "raahe-blog")])
def test_a_release_names_posts_or_a_source_and_not_both(here: Town, words: tuple[str, ...]) -> None:
    assert here.says("entries", "release", *words).code == Exit.WRONG


def test_a_list_cut_short_says_how_to_go_on(here: Town) -> None:
    here.says("pull", "--source", "raahe-blog")

    said = here.says("entries", "list", "--limit", "1")
    on = here.says("entries", "list", "--limit", "1", "--skip", "1")

    assert "More with --skip 1" in said.out
    assert listed(said) != listed(on)


def test_sources_are_listed_with_their_kind_city_and_address(here: Town) -> None:
    said = here.says("sources", "list")

    assert said.code == Exit.DONE
    assert re.search(rf"^raahe-blog +active +blog +raahe +{here.blogs}/", said.out, flags=re.M)


def test_a_check_shows_what_readers_would_see_or_says_why_not(here: Town) -> None:
    seen, page = (here.says("sources", "check", key) for key in ("raahe-blog", "ahtari-blog"))

    assert seen.code == Exit.DONE
    assert "Raahen blogi" in seen.out
    assert page.code == Exit.IN_PART
    assert page.out.startswith("ahtari-blog: ")
    assert here.says("sources", "check", "not an address").code == Exit.WRONG


def test_the_secret_in_a_feeds_address_is_printed_by_no_command(here: Town) -> None:
    config = Path(here.environment["SYNDICATOR_CONFIG"])
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("raahe.rss.xml", "raahe.rss.xml?token=salasana"), "utf-8")
    secret = f"{here.blogs}/raahe.rss.xml?token=salasana"
    commands = [
        ("sources", "list"),
        ("sources", "check", "raahe-blog"),
        ("sources", "check", secret),
        ("sources", "check", f"ftp://{secret}"),
        ("sources", "discover", secret),
        ("sources", "discover", "http://10.0.0.1/?token=salasana"),
        ("pull", "--source", "raahe-blog"),
        ("status",),
    ]

    printed = [(words, here.says(*words)) for words in commands]

    assert "raahe.rss.xml?token=***" in printed[0][1].out
    assert [words for words, said in printed if "salasana" in said.out + said.err] == []


def test_discovery_lists_feeds_or_says_that_there_is_none(here: Town) -> None:
    found = here.says("sources", "discover", f"{here.blogs}/raahe.rss.xml")

    assert found.code == Exit.DONE
    assert f"{here.blogs}/raahe.rss.xml" in found.out
    assert here.says("sources", "discover", "http://10.0.0.1/").code != Exit.DONE


def test_a_list_of_sources_exported_and_read_again_is_known(here: Town) -> None:
    file = here.folder / "sources.opml"
    assert here.says("sources", "export", "--out", str(file)).code == Exit.DONE
    assert len(opml.read(file.read_bytes())) == 6

    again = here.says("sources", "import", str(file))

    assert again.out.splitlines() == ["0 wait for approval, 6 were known."]


def test_imported_feeds_wait_once_each_and_are_pulled_only_when_approved(here: Town) -> None:
    file = here.folder / "new.opml"
    outline = "<outline type='rss' text='Uusi' xmlUrl='{0}/kauhajoki.rss.xml?{1}'/>"
    outlines = "".join(outline.format(here.blogs, name) for name in ("a", "a", "b"))
    file.write_text(f"<opml version='2.0'><head/><body>{outlines}</body></opml>", "utf-8")

    assert "2 wait for approval" in here.says("sources", "import", str(file)).out
    waiting = re.findall(r"^waiting (\d+):", here.says("sources", "list").out, flags=re.M)
    assert len(waiting) == 2
    assert "6 sources pulled" in here.says("pull", "--all").out

    let_in, refused = waiting
    approved = here.says("sources", "approve", let_in)
    assert (approved.code, approved.out.splitlines()[1]) == (
        Exit.DONE,
        "A `syndicator run` on this database pulls within a minute; without one, `syndicator pull` "
        "does.",
    )
    assert "registered-blog: " in here.says("pull").out
    assert here.says("sources", "refuse", refused).code == Exit.DONE
    assert here.says("sources", "refuse", refused).code == Exit.IN_PART
    assert here.says("sources", "approve", let_in).code == Exit.IN_PART
    assert "7 sources pulled" in here.says("pull", "--all").out


def test_an_operators_own_list_is_imported_and_approved_in_one_step_also_what_waited(
    here: Town,
) -> None:
    file = here.folder / "own.opml"
    outline = "<outline type='rss' text='Oma {1}' xmlUrl='{0}/kauhajoki.rss.xml?{1}'/>"
    outlines = "".join(outline.format(here.blogs, name) for name in ("a", "b", "b/"))
    file.write_text(f"<opml version='2.0'><head/><body>{outlines}</body></opml>", "utf-8")
    here.says("sources", "import", str(file))

    said = here.says("sources", "import", "--approve", str(file))

    assert said.code == Exit.IN_PART
    assert re.findall(r"^\d+: (registered-blog\S*)$", said.out, flags=re.M) == [
        "registered-blog",
        "registered-blog-2",
    ]
    assert "is the source registered-blog-2 already" in said.out
    assert "8 sources pulled" in here.says("pull", "--all").out
    again = here.says("sources", "import", "--approve", str(file))
    assert again.out == "0 wait for approval, 3 were known.\n"


def test_a_feed_that_is_a_source_already_is_not_approved_and_says_so(here: Town) -> None:
    file = here.folder / "new.opml"
    outline = "<outline type='rss' text='Uusi' xmlUrl='{0}/kauhajoki.rss.xml?uusi{1}'/>"
    outlines = "".join(outline.format(here.blogs, end) for end in ("", "/"))
    file.write_text(f"<opml version='2.0'><head/><body>{outlines}</body></opml>", "utf-8")
    here.says("sources", "import", str(file))
    first, second = re.findall(r"^waiting (\d+):", here.says("sources", "list").out, flags=re.M)

    assert here.says("sources", "approve", first).code == Exit.DONE
    said = here.says("sources", "approve", second)

    assert said.code == Exit.IN_PART
    assert "is the source registered-blog already; nothing was made" in said.out
    assert f"sources refuse {second}" in said.out
    assert here.says("sources", "list").out.count("uusi") == 2


def test_only_a_held_source_is_trusted_again(here: Town) -> None:
    said = here.says("sources", "release", "raahe-blog")

    assert said.code == Exit.WRONG
    assert "not a held source: raahe-blog" in said.err


def test_a_demonstration_never_empties_a_folder_that_is_not_its_own(here: Town) -> None:
    here.says("pull", "--source", "raahe-blog")
    before = {path.name for path in (here.folder / "data").iterdir()}

    said = here.says("demo", "--once", "--data", str(here.folder / "data"))

    assert said.code == Exit.WRONG
    assert "would be emptied" in said.err
    assert {path.name for path in (here.folder / "data").iterdir()} == before
