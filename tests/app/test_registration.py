"""A city comes in by the web, an editor lets it in, and its posts are read."""

from __future__ import annotations

from pathlib import Path

from syndicator.app import opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.model import SourceState
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.store.feeds import registrations
from tests.fetch.servers import ok, serving
from tests.pipeline.world import rss
from tests.web.asgi import Reply, ask


def carried(reply: Reply) -> str:
    return str(reply.page.xpath("//input[@name='claim']/@value")[0])


def test_a_registration_waits_unpulled_until_it_is_approved(tmp_path: Path) -> None:
    feed = ok(rss("Yksi", "Kaksi"), "Content-Type: application/rss+xml")
    with (
        serving({"/blogi": feed}) as blog,
        opened(
            load(
                {
                    "SYNDICATOR_DATA": str(tmp_path),
                    "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8",
                    "SYNDICATOR_ALLOW_PORTS": str(blog.port),
                }
            )
        ) as app,
    ):
        site, before = website(app), due(app.puller, early=True)
        form = {
            **{"city": "raahe", "other": "", "url": blog.url("/blogi"), "licence": "excerpt"},
            **{"contact": "maija@raahe.example", "website": "", "step": "look"},
        }

        preview = ask(site, "/fi/register", form=form)
        assert "Kaksi" in preview.words()
        confirm = {"claim": carried(preview), "step": "confirm"}
        kept = ask(site, "/fi/register", form=confirm)
        again = ask(site, "/fi/register", form=confirm)

        assert kept.headers["location"] == "/fi/register/pending"
        assert again.headers["location"] == "/fi/register/pending"
        assert due(app.puller, early=True) == before
        assert len(blog.heard) == 1
        with app.database.write() as tx:
            (asked,) = registrations.list_all(tx, state=SourceState.PENDING)
            assert asked.id is not None
            source = registrations.approve(tx, asked.id, next_fetch_at=app.now())
        assert source is not None
        (pulled,) = pull_all(app.puller, [source.id], early=False)
        assert len(pulled.changes.new) == 2

        later = ask(site, "/fi/register", form=confirm)
        assert later.headers["location"] == "/fi/register/known"
