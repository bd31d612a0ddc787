"""Subscribers as the web sees them: a fake that keeps them in memory and mails into a list.

Its tokens say what they are for and for whom (``confirm-1``), so that a test can follow the whole
way. One for another purpose leads nowhere, as with the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from syndicator.model import Cadence, Selection
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Confirmation, Preferences, Stopped, Wish
from syndicator.web.people.people import People
from tests.publish.sites import NOON


@dataclass(kw_only=True)
class Reader:
    """One person: active once confirmed, until they leave.

    ``elsewhere`` has another address by now than the one the links here were mailed to.
    """

    address: str
    selection: Selection
    active: bool = False
    gone: bool = False
    elsewhere: bool = False
    until: date | None = None
    stopped: Stopped | None = None
    wants: str | None = None


@dataclass(kw_only=True)
class Readers:
    """Everybody, by number, what they asked and what was mailed to whom."""

    known: dict[str, Reader] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)
    mailed: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Every call that could change something, by its name."""

    def people(self) -> People:
        return People(
            ask=self._ask,
            waiting=self._waiting,
            confirm=self._confirm,
            send_link=self._send_link,
            preferences=self._preferences,
            change=self._change,
            pause=self._pause,
            move=self._move,
            moving=self._moving,
            moved=self._moved,
            export=self._export,
            erase=self._erase,
            way_out=self._way_out,
            leave=self._leave,
        )

    def active(self, **changes: object) -> str:
        """Let somebody subscribe; return the token of their preferences."""
        chosen = Selection(**({"language": "fi", "cadence": Cadence.WEEKLY} | changes))  # type: ignore[arg-type]
        number = str(len(self.known) + 1)
        self.known[number] = Reader(
            address=f"lukija{number}@raahe.example", selection=chosen, active=True
        )
        return f"preferences-{number}"

    def _of(self, token: str, purpose: str) -> Reader | None:
        kind, _, number = token.partition("-")
        return self.known.get(number) if kind == purpose else None

    def _held(self, token: str) -> Reader | None:
        found = self._of(token, "preferences")
        return found if found and found.active else None

    def _ask(self, wish: Wish) -> None:
        self.asked.append("ask")
        self.wishes.append(wish)
        number = str(len(self.known) + 1)
        self.known[number] = Reader(address=wish.address, selection=wish.selection)
        self.mailed.append((wish.address, f"confirm-{number}"))

    def _waiting(self, token: str) -> Confirmation:
        found = self._of(token, "confirm")
        if found is None:
            return Confirmation(state=LinkState.BROKEN)
        if found.gone or found.elsewhere:
            return Confirmation(state=LinkState.LEFT if found.gone else LinkState.MOVED)
        state = LinkState.DONE if found.active else LinkState.READY
        return Confirmation(state=state, selection=found.selection)

    def _confirm(self, token: str) -> Confirmation:
        self.asked.append("confirm")
        was, found = self._waiting(token), self._of(token, "confirm")
        if found is not None and was.state.works:
            found.active = True
        return was

    def _send_link(self, address: str, language: str) -> None:
        self.asked.append(f"send_link {language}")
        for number, reader in self.known.items():
            if reader.address == address and reader.active:
                self.mailed.append((address, f"preferences-{number}"))

    def _preferences(self, token: str) -> Preferences | LinkState:
        found = self._held(token)
        if found is None or found.elsewhere:
            return LinkState.MOVED if found else LinkState.BROKEN
        return Preferences(
            address=found.address,
            selection=found.selection,
            paused_until=found.until,
            since=NOON,
            left=date(2026, 11, 24) if found.gone else None,
            kept_until=date(2026, 12, 24) if found.gone else None,
            stopped=found.stopped,
        )

    def _change(self, token: str, selection: Selection) -> bool:
        self.asked.append("change")
        found = self._held(token)
        if found is not None:
            found.selection = selection
        return found is not None

    def _pause(self, token: str, until: date | None) -> bool:
        self.asked.append("pause")
        found = self._held(token)
        if found is not None:
            found.until = until
        return found is not None

    def _move(self, token: str, address: str) -> bool:
        self.asked.append("move")
        found = self._held(token)
        if found is None:
            return False
        found.wants = address
        self.mailed.append((address, token.replace("preferences", "address")))
        return True

    def _moving(self, token: str) -> LinkState:
        found = self._of(token, "address")
        if found is None or found.gone:
            return LinkState.LEFT if found else LinkState.BROKEN
        return LinkState.DONE if found.address == found.wants else LinkState.READY

    def _moved(self, token: str) -> LinkState:
        self.asked.append("moved")
        was, found = self._moving(token), self._of(token, "address")
        if found is not None and found.wants is not None and was.works:
            found.address = found.wants
        return was

    def _export(self, token: str) -> Mapping[str, object] | None:
        found = self._held(token)
        return {"address": found.address} if found else None

    def _erase(self, token: str) -> bool:
        self.asked.append("erase")
        if self._held(token) is None:
            return False
        del self.known[token.partition("-")[2]]
        return True

    def _way_out(self, token: str) -> LinkState:
        kind = token.partition("-")[0]
        if kind not in ("unsubscribe", "preferences"):
            return LinkState.SAMPLE if kind == "sample" else LinkState.BROKEN
        found = self._of(token, kind)
        return LinkState.READY if found and found.active else LinkState.LEFT

    def _leave(self, token: str) -> LinkState:
        self.asked.append("leave")
        self.left.append(token)
        was = self._way_out(token)
        found = self._of(token, "unsubscribe") or self._held(token)
        if found is not None:
            found.active = False
        return was
