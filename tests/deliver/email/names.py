"""A name server on loopback that says what it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records by name and type: ``("koosteet.fi", "TXT")``."""

FAILS = "SERVFAIL"


class _Question(socketserver.BaseRequestHandler):
    zone: Zone

    def handle(self) -> None:
        packet, line = self.request
        asked = dns.message.from_wire(packet)
        line.sendto(self.answer(asked).to_wire(), self.client_address)

    def answer(self, asked: dns.message.Message) -> dns.message.Message:
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype
        found = self.zone.get((name, dns.rdatatype.to_text(kind)))
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        if found == FAILS:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif not any(known == name for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@contextmanager
def open_names(zone: Zone) -> Iterator[int]:
    """Yield the port on which the zone is told."""
    question = type("Question", (_Question,), {"zone": zone})
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), question) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
