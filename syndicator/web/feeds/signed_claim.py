"""What a preview's page carries to the button below it: the claim, signed, so that nobody confirms
what was never previewed. Kept nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from syndicator.model import Licence
from syndicator.register.claim import Claim

CONFIRM_WITHIN = timedelta(hours=1)
"""How long a preview may lie open; after that the feed may be another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewedClaim:
    """A claim, and the address as the city typed it."""

    claim: Claim
    typed_url: str


class ClaimSigner:
    """Signs and reads what a page carries. The clock is the caller's."""

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeSerializer(key, salt="registration")

    def sign(self, previewed: PreviewedClaim, *, now: datetime) -> str:
        """Return ``previewed`` as letters that fit a form and nobody can change."""
        until = (now + CONFIRM_WITHIN).timestamp()
        return str(self._signer.dumps([until, previewed.typed_url, asdict(previewed.claim)]))

    def read(self, letters: str, *, now: datetime) -> PreviewedClaim | None:
        """Return what was signed, ``None`` if it was changed, is too old or never was ours."""
        try:
            until, typed_url, facts = self._signer.loads(letters)
        except BadData:
            return None
        if now.timestamp() > until:
            return None
        claim = Claim(**{**facts, "licence": Licence(facts["licence"])})
        return PreviewedClaim(claim=claim, typed_url=typed_url)
