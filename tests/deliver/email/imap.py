"""A small IMAP server on loopback: as much of RFC 3501 as a mailbox of reports needs, real TLS."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USER = "palautukset"
PASSWORD = "salasana ä"
FOLDER = "INBOX"


@dataclass
class Letter:
    """A message in the folder, its flags, and whether the server fails at it."""

    uid: int
    body: bytes
    flags: set[str] = field(default_factory=set)
    breaks: bool = False
    unreadable: bool = False


@dataclass
class Post:
    """The folder, and how the server behaves.

    ``breaks`` counts the times it hangs up at a letter that breaks it; ``said`` holds the commands.
    """

    letters: list[Letter] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    implicit: bool = True
    plus: bool = True
    breaks: int = 0
    connections: int = 0
    said: list[str] = field(default_factory=list)

    def put(self, *bodies: bytes) -> None:
        """Let these arrive, unseen."""
        for body in bodies:
            self.letters.append(Letter(uid=101 + len(self.letters), body=body))

    @property
    def lying(self) -> dict[int, set[str]]:
        """The uids that are there, with their flags."""
        return {one.uid: one.flags for one in self.letters}


class _Talk(socketserver.StreamRequestHandler):
    post: Post
    timeout = 20
    disable_nagle_algorithm = True

    def setup(self) -> None:
        if self.post.tls and self.post.implicit:
            self.request = self.post.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        self.post.connections += 1
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, words = line.decode().strip().partition(" ")
            self.post.said.append(words)
            name, _, rest = words.partition(" ")
            if name == "UID":
                name, _, rest = rest.partition(" ")
            answer = getattr(self, name.lower())(rest)
            if answer is None:
                return
            self.say(f"{tag} {answer}")
            if name == "STARTTLS":
                assert self.post.tls is not None
                self.request = self.post.tls.wrap_socket(self.request, server_side=True)
                super().setup()

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def capability(self, _: str) -> str:
        start = "" if self.post.implicit or not self.post.tls else " STARTTLS"
        self.say(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{start}{' UIDPLUS' if self.post.plus else ''}")
        return "OK done"

    def starttls(self, _: str) -> str:
        return "OK go"

    def login(self, rest: str) -> str:
        return self.known(*(word.strip('"') for word in rest.split(" ", 1)))

    def authenticate(self, _: str) -> str:
        self.say("+")
        words = base64.b64decode(self.rfile.readline()).decode()
        return self.known(*words.split("\0")[1:])

    def known(self, user: str, password: str) -> str:
        right = user == USER and password in (PASSWORD, "secret")
        return "OK welcome" if right else f"NO wrong: LOGIN {user} {password}"

    def select(self, folder: str) -> str:
        if folder.strip('"') != FOLDER:
            return "NO no such folder"
        self.say(f"* {len(self.post.letters)} EXISTS")
        return "OK [READ-WRITE] done"

    def search(self, rest: str) -> str:
        first, last = map(int, re.findall(r"\d+", rest))
        found = [
            str(one.uid)
            for one in self.post.letters[first - 1 : last]
            if r"\Deleted" not in one.flags and not ("UNSEEN" in rest and r"\Seen" in one.flags)
        ]
        self.say(f"* SEARCH {' '.join(found)}".rstrip())
        return "OK done"

    def fetch(self, rest: str) -> str | None:
        uid, most = map(int, re.match(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest).groups())  # type: ignore[union-attr]
        letter = self.letter(uid)
        if letter.breaks and self.post.breaks:
            self.post.breaks -= 1
            return None
        if letter.unreadable:
            return "NO cannot read that"
        body = letter.body[:most]
        self.say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(body)}}}")
        self.wfile.write(body)
        self.say(")")
        return "OK done"

    def store(self, rest: str) -> str:
        uid, flags = re.match(r"(\d+) \+FLAGS\.SILENT \((.*)\)", rest).groups()  # type: ignore[union-attr]
        self.letter(int(uid)).flags |= set(flags.split())
        return "OK done"

    def expunge(self, rest: str) -> str:
        gone = [
            one
            for one in self.post.letters
            if r"\Deleted" in one.flags and rest in ("", str(one.uid))
        ]
        for letter in gone:
            self.say(f"* {self.post.letters.index(letter) + 1} EXPUNGE")
            self.post.letters.remove(letter)
        return "OK done"

    def logout(self, _: str) -> str:
        self.say("* BYE")
        return "OK done"

    def letter(self, uid: int) -> Letter:
        return next(one for one in self.post.letters if one.uid == uid)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that does not trust us hangs up in the handshake."""


@contextmanager
def open_mailbox(post: Post) -> Iterator[int]:
    """Yield the port on which the folder can be read."""
    talk = type("Talk", (_Talk,), {"post": post})
    with _Server(("127.0.0.1", 0), talk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
