"""A report of failure, as servers write them."""

from __future__ import annotations

BASE = "palautukset@koosteet.example"
HOST = "koosteet.example"


def dsn(to: str, *, status: str = "5.1.1", returned: str = "", note: str = "") -> bytes:
    """Return a report of failure to this address."""
    return f"""From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Ei onnistunut. {note}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; maija@k.fi
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} maija@k.fi: no

--b
Content-Type: text/rfc822-headers

{returned}
--b--
""".encode()
