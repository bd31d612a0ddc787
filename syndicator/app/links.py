"""What makes and reads the tokens in letters and newsletters."""

from __future__ import annotations

from syndicator.pipeline.data_folder import Keyring
from syndicator.subscribe.links import Links


def links(keys: Keyring) -> Links:
    """Return what makes and reads tokens under these keys."""
    return Links(keys.tokens, unsubscribe_keys=keys.unsubscribe_versions)
