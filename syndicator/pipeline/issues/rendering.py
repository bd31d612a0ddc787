"""An issue's pieces in one language: rendered once, then frozen, the same for whoever asks again.

issue | rendered (digest.render) | freeze > pieces      once a language, version and revision
pieces + a variant's posts | mail > Mail                by joining strings
"""

from __future__ import annotations

from collections.abc import Callable

from syndicator.digest.rendered import Rendered, from_json, to_json
from syndicator.model import Issue
from syndicator.store.db.database import Database
from syndicator.store.issues import renderings


def pieces(
    database: Database, issue: Issue, language: str, *, render: Callable[[Issue, str], Rendered]
) -> Rendered:
    """Return the pieces of a stored issue as it stands, rendered if nobody did that yet.

    Whoever comes second gets what the first one froze, whatever templates have become meanwhile.
    """
    with database.read() as tx:
        kept = renderings.load(tx, issue, language=language)
    if kept is None:
        made = to_json(render(issue, language))
        with database.write() as tx:
            kept = renderings.freeze(tx, issue, language=language, content=made)
    return from_json(kept)
