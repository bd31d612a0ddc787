"""What a changed configuration does to what is published already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from syndicator.app import App, opened
from syndicator.app.parts import now
from syndicator.demo import blogs
from syndicator.demo.show import configured, served
from syndicator.model import Topic
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.store.feeds import artefacts


def paths(app: App) -> set[str]:
    with app.database.read() as tx:
        return set(artefacts.paths(tx))


def body(app: App, path: str) -> bytes:
    with app.database.read() as tx:
        found = artefacts.load(tx, path)
    assert found is not None
    return found.body


def test_documents_follow_the_configuration_archives_and_topics_included(tmp_path: Path) -> None:
    with served(blogs.serve(("127.0.0.1", 0), now=now())) as web:
        settings = configured(tmp_path, blogs=web, smtp_port=9, port=8000)
        with opened(settings) as app:
            list(pull_all(app.puller, due(app.puller, early=True), early=True))
            publish(app.publisher)
            archives = {path for path in paths(app) if path.startswith("archive/")}
            assert "topic/osaajat/feed.xml" in paths(app)

        harbour = Topic(slug="satama", names={"fi": "Satama"}, words=("satama*",))
        changed = replace(
            settings,
            topics=(harbour,),
            combined=replace(settings.combined, title="Uusi nimi"),
        )
        with opened(changed) as app:
            publish(app.publisher)

            assert "topic/osaajat/feed.xml" not in paths(app)
            assert "Terästä ja tuulta" in body(app, "topic/satama/feed.xml").decode()
            assert archives
            assert all("Uusi nimi" in body(app, path).decode() for path in archives)

        with opened(changed) as app:
            assert publish(app.publisher) == ()
