"""A bad configuration: all of it is told at once, with place, key, fact and example."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.config import load
from syndicator.errors import ConfigError
from tests.config.samples import TOML, changed, loaded, problems, write

# what is replaced, by what, the key that must be named, words that must be in the fact
FAULTS = [
    ('organisation = "Liitto"\n', "", "network.organisation", "is missing"),
    ('organisation = "Liitto"', 'organisation = " "', "network.organisation", "is empty"),
    ('organisation = "Liitto"', "organisation = 7", "network.organisation", "quotes, not the"),
    ('organisation = "Liitto"', "organisation = true", "network.organisation", "text in quotes"),
    ('organisation = "', 'organization = "', "network.organization", '"organisation"?'),
    ("https://blogit.example/", "https://x.example/a", "network.base_url", "no path"),
    ("https://blogit.example/", "ftp://x.example", "network.base_url", "begin with https"),
    ('"blogit.example"', '"Blogit"', "network.id_domain", "domain name"),
    ("toimitus@blogit.example", "toimitus", "network.contact_email", "not a mail address"),
    ("https://blogit.example/yhteys", "https://a b/", "network.contact_url", "a space"),
    ("https://blogit.example/yhteys", "https://[/", "network.contact_url", "not an address"),
    ("https://blogit.example/yhteys", "https://", "network.contact_url", "names no host"),
    ('["fi", "sv"]', '["fi", "de"]', "network.languages", "has de"),
    ('["fi", "sv"]', '["fi", "fi"]', "network.languages", "twice"),
    ('["fi", "sv"]', "[]", "network.languages", "is empty"),
    ('["fi", "sv"]', '"fi"', "network.languages", "a list in square brackets"),
    ('"Europe/Helsinki"', '"Helsinki"', "network.time_zone", "time zone"),
    ('["fi", "sv"]', '["fi", "sv"]\nhub = "hub"', "network.hub", "begin with https"),
    ('names = { fi = "Verkosto", sv = "Nätverket" }', 'names = "V"', "network.names", "in braces"),
    (', sv = "Nätverket"', "", "network.names", "lacks sv"),
    ('"Kaikki yhdessä"', '"Kaikki\\nyhdessä"', "combined.title", "line break"),
    (', sv = "Allt"', "", "combined.descriptions", "lacks sv"),
    ('kinds = ["blog"]', 'kinds = ["blogs"]', "combined.kinds[1]", "'blog' or 'news'"),
    ('kinds = ["blog"]', "kinds = []", "combined.kinds", "is empty"),
    ('kinds = ["blog"]', 'kinds = ["blog"]\nsize = 0', "combined.size", "greater than"),
    ('kinds = ["blog"]', 'kinds = ["blog"]\nsize = "50"', "combined.size", "whole number"),
    ('slug = "kivikyla"', 'slug = "Kivikylä"', "city[1].slug", "small letters"),
    ('code = "001"', "code = 1", "city[1].code", "not the number 1"),
    ('code = "001"', 'code = "1"', "city[1].code", "three digits"),
    ('code = "001"', 'code = "001"\nlanguages = ["se"]', "city[1].languages", "no name"),
    ('code = "001"', 'code = "001"\nwebsite = "x.example"', "city[1].website", "begin with"),
    (
        'code = "001"',
        'code = "001"\nforms = {fi = {genitive=""}}',
        "city[1].forms.fi.genitive",
        "empty",
    ),
    ('fi = "Kivikylä"', 'Suomi = "Kivikylä"', "city[1].names.Suomi", "language code"),
    ('city = "kivikyla"', 'city = "kivikylo"', "source[1].city", 'did you mean "kivikyla"?'),
    ('kind = "blog"', 'kind = "twitter"', "source[1].kind", "'blog' or 'news'"),
    ('kind = "blog"', 'kind = "blog"\nlicence = "cc"', "source[1].licence", "'link', 'excerpt'"),
    ('kind = "blog"', 'kind = "blog"\nlanguage = "suomi"', "source[1].language", "language code"),
    ('kind = "blog"', 'kind = "blog"\npaths = ["blogi"]', "source[1].paths[1]", "a slash"),
    ("https://blogi.kivi", "https://me:pw@blogi.kivi", "source[1].url", "no place for secrets"),
    ('words = ["työ"]', "", "topic[1].sources", "nothing can belong"),
    ('words = ["työ"]', 'sources = ["kivikyla-blogi"]', "topic[1].sources", '"kivikyla-blog"?'),
    (', sv = "Arbete"', "", "topic[1].names", "lacks sv"),
    ('cadence = "weekly"', 'cadence = "daily"', "digest[1].cadence", "'weekly' or 'monthly'"),
    ('cadence = "weekly"', 'cadence = "monthly"', "digest[1].send_on", '"first weekday"'),
    ('send_on = "monday"', 'send_on = "first weekday"', "digest[1].send_on", "such as monday"),
    ('send_at = "07:03"', 'send_at = "7.03"', "digest[1].send_at", "hours and minutes"),
    ('send_at = "07:03"', 'send_at = "24:00"', "digest[1].send_at", "hours and minutes"),
    ("kirje@blogit.example", "Kirje <kirje@blogit.example>", "digest[1].sender", "mail address"),
    (', sv = "Vecka"', "", "digest[1].titles", "lacks sv"),
    (
        "[[city]]",
        '[statements]\nsince = "24.11.2026"\n[[city]]',
        "statements.since",
        "a day without quotes",
    ),
    ("[[city]]", "[statements]\nupdated = 07:03:00\n[[city]]", "statements.updated", "a day"),
    (
        "[[city]]",
        '[statements]\ndata_protection = "x"\n[[city]]',
        "statements.data_protection",
        "not a mail address",
    ),
    ("[[city]]", '[mail]\nsend_between = "7-20"\n[[city]]', "mail.send_between", "two times"),
    ("[[city]]", "[mail]\nsend_between = 7\n[[city]]", "mail.send_between", "two times"),
    (
        "[[city]]",
        '[mail]\nsend_between = "07:00-07:00"\n[[city]]',
        "mail.send_between",
        "leave the line out",
    ),
    (
        "[[city]]",
        '[mail]\nsend_between = "08:00-20:00"\n[[city]]',
        "digest[1].send_at",
        "outside mail.send_between, 08:00-20:00",
    ),
    (
        "[[city]]",
        '[mail]\nsend_between = "20:00-07:03"\n[[city]]',
        "digest[1].send_at",
        "outside mail.send_between",
    ),
    ("[[city]]", "[mail]\nper_domain = 0\n[[city]]", "mail.per_domain", "equal to 1"),
    (
        "[[city]]",
        '[mail]\ndomains = { "gmail.com" = "x" }\n[[city]]',
        "mail.domains.gmail.com",
        "whole number",
    ),
    (
        "[[city]]",
        '[mail]\n[mail.domains]\n"Gmail.com" = 6\n[[city]]',
        "mail.domains.Gmail.com",
        "domain name in small letters",
    ),
    ("[[city]]", "[city]", "city", "[[city]]"),
    ("[[city]]", "[[cities]]", "cities", 'did you mean "city"?'),
]


@pytest.mark.parametrize(("old", "new", "key", "words"), FAULTS)
def test_a_fault_is_told_by_its_key_and_fact_with_an_example(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    found = {problem.key: problem for problem in problems(tmp_path, changed(old, new))}

    assert key in found
    assert words in found[key].fact
    assert found[key].example
    assert found[key].file.startswith(str(tmp_path / "feeds.toml"))


def test_every_fault_is_told_in_one_run(tmp_path: Path) -> None:
    text = TOML
    expected = set()
    for old, new, key in [
        ('organisation = "Liitto"\n', "", "network.organisation"),
        ('title = "Kaikki yhdessä"', 'titel = "x"', "combined.titel"),
        ('code = "001"', "code = 1", "city[1].code"),
        ('city = "kivikyla"', 'city = "x"', "source[1].city"),
        ('kind = "blog"\nurl', 'kind = "x"\nurl', "source[1].kind"),
        ('words = ["työ"]', 'sources = ["x"]', "topic[1].sources"),
        ('send_at = "07:03"', 'send_at = "x"', "digest[1].send_at"),
        ('cadence = "weekly"', 'cadence = "monthly"', "digest[1].send_on"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
        expected.add(key)
    expected |= {"combined.title", "SYNDICATOR_LISTEN", "SYNDICATOR_ALLOW_PORTS"}

    found = problems(tmp_path, text, LISTEN="x", ALLOW_PORTS="0")

    assert {problem.key for problem in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("table", "key"),
    [("city", "slug"), ("city", "code"), ("source", "key"), ("source", "url"), ("topic", "slug")],
)
def test_what_must_be_unique_is_told_with_where_it_stood_before(
    tmp_path: Path, table: str, key: str
) -> None:
    start = TOML.index(f"[[{table}]]")
    again = TOML[start : TOML.index("\n\n", start)]

    found = {problem.key: problem.fact for problem in problems(tmp_path, f"{TOML}\n{again}\n")}

    assert f"stands already in {table}[1]" in found[f"{table}[2].{key}"]


def test_one_feed_under_two_spellings_is_one_feed(tmp_path: Path) -> None:
    again = '[[source]]\nkey = "b"\nkind = "blog"\nurl = "http://www.blogi.kivikyla.example/feed"\n'

    (problem,) = problems(tmp_path, f"{TOML}\n{again}")

    assert problem.key == "source[2].url"


def test_two_digests_of_one_cadence_would_mail_everybody_twice(tmp_path: Path) -> None:
    again = TOML[TOML.index("[[digest]]") :]

    (problem,) = problems(tmp_path, f"{TOML}\n{again}")

    assert problem.key == "digest[2].cadence"


def test_problems_stand_in_the_order_of_the_file_with_their_lines(tmp_path: Path) -> None:
    text = changed('send_on = "monday"', 'send_on = "maanantai"')
    text = text.replace('code = "001"', 'code = "x"').replace('"Liitto"', '""')

    found = problems(tmp_path, text)

    lines = text.splitlines()
    numbers = [int(problem.file.rpartition(":")[2]) for problem in found]
    assert [lines[number - 1].split(" ")[0] for number in numbers] == [
        "organisation",
        "code",
        "send_on",
    ]


def test_the_line_is_that_of_the_right_city_among_many(tmp_path: Path) -> None:
    cities = "".join(
        f'\n[[city]]\nslug = "c{n}"\ncode = "{100 + n}"\nnames = {{ fi = "C" }}\n' for n in range(9)
    )
    text = (TOML + cities).replace('code = "105"', 'code = "5"')

    (problem,) = problems(tmp_path, text)

    line = int(problem.file.rpartition(":")[2])
    assert text.splitlines()[line - 1] == 'code = "5"'
    assert problem.key == "city[7].code"


def test_problems_of_different_kinds_stand_in_the_order_of_the_file_too(tmp_path: Path) -> None:
    start = TOML.index("[[city]]")
    topic = '[[topic]]\nslug = "x"\nnames = { fi = "X", sv = "X" }\nsources = ["nowhere"]\n\n'
    text = (TOML[:start] + topic + TOML[start:]).replace('code = "001"', 'code = "1"')

    assert [problem.key for problem in problems(tmp_path, text)] == [
        "topic[1].sources",
        "city[1].code",
    ]


def test_a_missing_key_is_placed_at_the_head_of_its_table(tmp_path: Path) -> None:
    another = '\n[[city]]\nslug = "b"\ncode = "002"\nnames = { fi = "B" }\n'
    text = changed('code = "001"\n', "") + another

    (problem,) = problems(tmp_path, text)

    line = int(problem.file.rpartition(":")[2])
    assert text.splitlines()[line - 1 : line + 1] == ["[[city]]", 'slug = "kivikyla"']


def test_a_slip_of_the_pen_is_told_with_its_line(tmp_path: Path) -> None:
    text = changed('code = "001"', "code = 001")

    (problem,) = problems(tmp_path, text)

    line = int(problem.file.rpartition(":")[2])
    assert text.splitlines()[line - 1] == "code = 001"
    assert "is not TOML" in problem.fact


def test_a_file_nested_without_end_is_not_toml(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "a = " + "[" * 20_000)

    assert "is not TOML" in problem.fact


@pytest.mark.parametrize("name", ["network", "combined"])
def test_a_table_that_must_be_there_is_missed(tmp_path: Path, name: str) -> None:
    keys = [problem.key for problem in problems(tmp_path, TOML.replace(f"[{name}]", "[[topic]]"))]

    assert name in keys


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"

    with pytest.raises(ConfigError) as caught:
        load({"SYNDICATOR_CONFIG": str(missing)})

    (problem,) = caught.value.problems
    assert problem.file == str(missing)
    assert "cannot be read" in problem.fact


def test_a_file_in_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(TOML.encode("utf-16"))

    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load({"SYNDICATOR_CONFIG": str(path)})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load({"SYNDICATOR_CONFIG": str(tmp_path)})


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, "# " + "x" * 5_000_000)

    with pytest.raises(ConfigError, match="larger than 5 MB"):
        load({"SYNDICATOR_CONFIG": str(path)})


WRONG = {
    "DATABASE_URL": "mysql://me:hunter2@db/x",
    "BASE_URL": "https://me:hunter2@x.example/path",
    "LISTEN": "hunter2",
    "SMTP_URL": "https://me:hunter2@relay.example",
    "ALLOW_NETWORKS": "10.0.0.1/8",
    "ALLOW_PORTS": "80,99999",
    "HEARTBEAT_URL": "hunter2",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    (problem,) = problems(tmp_path, **{name: value})

    assert problem.key == f"SYNDICATOR_{name}"
    assert problem.example.startswith(f"SYNDICATOR_{name}=")


def test_a_password_not_in_percent_form_is_told_what_to_do(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SMTP_URL="smtp://me:hunter/2@relay.example:587")

    assert "begins with smtp:// or smtps://" in problem.fact
    assert "/ is %2F" in problem.fact


def test_no_problem_repeats_a_secret(tmp_path: Path) -> None:
    """S7: secrets never stand in errors."""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, **WRONG)

    assert len(caught.value.problems) == len(WRONG)
    assert "hunter2" not in str(caught.value)


def test_a_misspelt_variable_is_not_silently_ignored(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, DATABSE_URL="postgresql://db/x")

    assert "did you mean SYNDICATOR_DATABASE_URL?" in problem.fact


def test_faults_of_file_and_environment_come_together(tmp_path: Path) -> None:
    found = problems(tmp_path, "x", LISTEN="nowhere")

    assert [problem.key for problem in found] == ["SYNDICATOR_LISTEN", "the file"]
