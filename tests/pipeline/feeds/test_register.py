"""What an editor or a city is told of a registration is on the disk before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syndicator.model import Licence, SourceState
from syndicator.pipeline.feeds import register
from syndicator.store.db.database import Database
from syndicator.store.feeds import sources
from syndicator.store.feeds.registrations import Registration
from tests.builders import NOW
from tests.pipeline.disk import undone_by_a_power_cut
from tests.pipeline.world import scene
from tests.store.stored import a_stored_source

FEED = Registration(
    city_name="Raahe",
    url="https://blogi.raahe.fi/feed/",
    contact="maija@raahe.fi",
    licence=Licence.EXCERPT,
)


def trusted(database: Database) -> Callable[[], object]:
    source = a_stored_source(database)
    with database.write() as tx:
        sources.hold(tx, source.id)
    return lambda: register.trust(database, source.key)


def imported(database: Database) -> Callable[[], object]:
    return lambda: register.import_list(database, [FEED], approved=True, now=NOW)


@pytest.mark.parametrize("given", [trusted, imported])
def test_a_source_let_in_or_trusted_again_outlives_a_power_cut(
    tmp_path: Path, given: Callable[[Database], Callable[[], object]]
) -> None:
    with scene(tmp_path) as here:
        act = given(here.world.database)
        with undone_by_a_power_cut() as undone:
            assert act()

        assert undone == []
        with here.world.database.read() as tx:
            states = [source.state for source in sources.list_all(tx)]
    assert states[-1] is SourceState.ACTIVE
