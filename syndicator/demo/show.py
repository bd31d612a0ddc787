"""The demonstration from end to end: sample blogs, pull, publish, one digest, and the site."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

from syndicator.app import App, opened
from syndicator.app.parts import now
from syndicator.app.serving import bound, serve, working
from syndicator.app.website import website
from syndicator.config import SendDay, Settings, load
from syndicator.demo import blogs, catcher
from syndicator.digest.calendar import next_slots
from syndicator.errors import ConfigError, Problem
from syndicator.model import Cadence, DeliveryState, Issue, Selection
from syndicator.pipeline.data_folder import LOCK, owned
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.pipeline.issues.compose import assign_variants, compose
from syndicator.pipeline.issues.desk import editors_of, link_to, review_links
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.send import deliver
from syndicator.store.db.database import Database
from syndicator.store.issues import issues, transitions
from syndicator.store.people import subscribers

HOST = "127.0.0.1"
CONFIG = Path(__file__).parent / "feeds.toml"
MARK = "made-by-demo"
"""Lies in every folder that a demonstration filled, and may empty again."""

READERS = {"fi": "lukija@example.org", "sv": "lasare@example.org", "en": "reader@example.org"}
"""Who gets the demonstration's digest: one subscriber a language."""


def show(*, data_dir: Path, port: int, once: bool, echo: Callable[[str], None]) -> None:
    """Fill ``data_dir`` from the sample blogs, mail a digest, and serve the site until stopped.

    Args:
        once: stop when the folder is filled and the digest is mailed.
        echo: takes each line that people should read.
    """
    caught = data_dir / "mail"
    with ExitStack() as stack:
        _only_ours(data_dir)
        stack.enter_context(owned(data_dir))
        listener = None if once else stack.enter_context(bound(HOST, port))
        _empty(data_dir)
        web = stack.enter_context(served(blogs.serve((HOST, 0), now=now())))
        inbox = stack.enter_context(served(catcher.serve((HOST, 0), folder=caught)))
        smtp_port = stack.enter_context(catcher.catching(caught, host=HOST))
        settings = configured(data_dir, blogs=web, smtp_port=smtp_port, port=port)
        # Emails leave though addresses here are examples: our own catcher takes them.
        app = replace(stack.enter_context(opened(settings)), sends_emails=True)
        fill(app, echo=echo)
        echo(f"Mail: {len(list(caught.glob('*.eml')))} messages in {caught}")
        if listener is None:
            return
        echo(f"Site: http://{HOST}:{port}/   Feed: http://{HOST}:{port}/feed.xml")
        echo(f"Desk: http://{HOST}:{port}{desk(app.settings, app.database)}")
        echo(f"Mail: http://{HOST}:{inbox.server_port}/   Stop with Ctrl+C")
        site = website(app)
        stack.enter_context(working(app, announce=site.invalidate))
        serve(site, listener)


def _only_ours(data_dir: Path) -> None:
    """Refuse a folder that no demonstration filled: it may be someone's data."""
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARK).exists():
        raise ConfigError(
            (
                Problem(
                    file="the command line",
                    key="--data",
                    fact=f"{data_dir} holds what no demonstration made, and would be emptied",
                    example="--data var/demo",
                ),
            )
        )


def _empty(data_dir: Path) -> None:
    """Remove what an earlier demonstration left; the lock we hold stays."""
    for path in data_dir.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()
    (data_dir / MARK).touch()


def configured(
    data_dir: Path, *, blogs: ThreadingHTTPServer, smtp_port: int, port: int
) -> Settings:
    """Return the demonstration's settings: its own cities, our own loopback, nothing else.

    The environment is not read: a demonstration must not touch a real data folder.
    """
    config = data_dir / "feeds.toml"
    base = f"http://{HOST}:{blogs.server_port}"
    # The digest's day is two days ahead, so that the window which runs is six days long.
    day = list(SendDay)[(now() + timedelta(days=2)).weekday()]
    text = CONFIG.read_text(encoding="utf-8")
    config.write_text(
        text.replace("http://blogs.invalid", base).replace("SEND_ON", day), encoding="utf-8"
    )
    return load(
        {
            "SYNDICATOR_CONFIG": str(config),
            "SYNDICATOR_DATA": str(data_dir),
            "SYNDICATOR_BASE_URL": f"http://{HOST}:{port}",
            "SYNDICATOR_LISTEN": f"{HOST}:{port}",
            "SYNDICATOR_SMTP_URL": f"smtp://{HOST}:{smtp_port}",
            "SYNDICATOR_ALLOW_NETWORKS": "127.0.0.0/8",
            "SYNDICATOR_ALLOW_PORTS": str(blogs.server_port),
        }
    )


def fill(app: App, *, echo: Callable[[str], None]) -> None:
    """Pull every sample blog, publish, and mail one weekly digest to the sample readers."""
    for pulled in pull_all(app.puller, due(app.puller, early=True), early=True):
        fact = f"not read ({pulled.failed[0]})" if pulled.failed else "read"
        echo(f"{pulled.source.url}: {fact}, {len(pulled.changes.new)} new")
    changed = publish(app.publisher)
    echo(f"{len(changed)} documents published")
    for state, number in mail_digest(app).items():
        if number:
            echo(f"digest: {number} {state}")
    publish(app.publisher)  # the archive shows the issue now


def mail_digest(app: App) -> Mapping[DeliveryState, int]:
    """Mail the digest of the week so far to the sample readers; return how many in each state.

    The window is moved so that it ends now: a demonstration cannot wait for Monday.
    """
    subscriptions = app.subscriptions
    with app.database.write() as tx:
        for language, address in READERS.items():
            subscribers.add(
                tx,
                address=address,
                address_hash=subscriptions.hash_of(address),
                selection=Selection(language=language, cadence=Cadence.WEEKLY),
                now=app.now(),
            )
    plan = next(plan for plan in app.settings.digests if plan.cadence is Cadence.WEEKLY)
    coming = next(next_slots(app.now(), rhythm=plan.rhythm))
    running = replace(coming, closes=app.now(), at=app.now())
    frozen = compose(app.editorial, running)
    _start(app.editorial, frozen)
    assert app.newsletter is not None
    return deliver(app.newsletter, frozen.id).tally


def _start(editorial: Editorial, frozen: Issue) -> None:
    """Approve the issue and begin to send it; nobody but its reader waits for a demonstration."""
    now = editorial.now()
    with editorial.database.write(durable=True) as tx:
        transitions.approve(tx, frozen.id, version=frozen.version, by=MARK, now=now)
        if transitions.start(tx, frozen.id, version=frozen.version, now=now):
            standing = issues.status(tx, frozen.id)
            assert standing is not None
            assign_variants(tx, standing, settings=editorial.settings)


def desk(settings: Settings, database: Database) -> str:
    """Return the path under which an editor sees the issue that was mailed."""
    with database.read() as tx:
        newest = issues.statuses(tx, limit=1)[0]
        issue = issues.get(tx, newest.id)
    assert issue is not None
    links = review_links(settings)
    token = link_to(settings, links, issue, editor=editors_of(settings)[0])
    return f"/{settings.network.languages[0]}/desk/{token}"


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """Serve on a thread of its own while the block runs."""
    thread = threading.Thread(target=server.serve_forever, name="demo", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
