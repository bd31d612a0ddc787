"""What preflight holds a message against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from syndicator.model import Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What a message must agree with.

    Args:
        sender: the address in From.
        host: ends our Message-IDs; the domain of the network's ids.
        base_url: where our pages are, without a trailing slash.
        language: of the variant.
        examples: settings that still are examples (``digest[1].sender``), as an editor reads them.
        signs: we sign ourselves, so a message without a signature is a fault.
    """

    sender: str
    host: str
    base_url: str
    language: str
    examples: tuple[str, ...] = ()
    signs: bool = False

    @property
    def at_home(self) -> bool:
        """True where our pages are on this very machine: nothing there can reach anybody."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def way_out(self) -> str:
        """What the address of the way out begins with; a token follows."""
        return f"{self.base_url}/{self.language}/unsubscribe/"

    def token_of(self, list_unsubscribe: str) -> str:
        """Return the reader's token in that header, or an empty string."""
        match = re.search(rf"<{re.escape(self.way_out)}([A-Za-z0-9_-]{{32,}})>", list_unsubscribe)
        return match[1] if match else ""

    @property
    def unless_at_home(self) -> Severity:
        """ERROR, but WARNING where nothing can reach anybody anyway."""
        return Severity.WARNING if self.at_home else Severity.ERROR
