"""The demonstration's own servers: each knows only its own blogs and its own mail."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

from syndicator.demo import blogs, catcher
from syndicator.demo.show import served
from tests.builders import NOW

HERE = ("127.0.0.1", 0)


def read(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        text: str = answer.read().decode("utf-8")
        return text


def test_two_webs_of_sample_blogs_name_each_its_own_address() -> None:
    with served(blogs.serve(HERE, now=NOW)) as one, served(blogs.serve(HERE, now=NOW)) as other:
        for web in (one, other):
            assert f"http://127.0.0.1:{web.server_port}/" in read(web.server_port, "/raahe.rss.xml")


def test_two_catchers_show_each_the_mail_of_its_own_folder(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("kevät", "syksy")]
    for folder in folders:
        folder.mkdir()
        head = f"Subject: {folder.name}\r\nTo: lukija@esimerkki.example\r\n\r\n"
        (folder / "0001.eml").write_bytes(head.encode("utf-8"))

    with (
        served(catcher.serve(HERE, folder=folders[0])) as spring,
        served(catcher.serve(HERE, folder=folders[1])) as autumn,
    ):
        shown = [read(page.server_port, "/") for page in (spring, autumn)]

    assert ["kevät" in shown[0], "syksy" in shown[1]] == [True, True]
    assert ["syksy" in shown[0], "kevät" in shown[1]] == [False, False]
