"""The order of things: each arrow of the flow is one call, one value in and one value out.

    source   | request  | get     | outcome    > bytes, or why there are none    pull.py
    bytes    | read     | decide  | apply      > entries
    entries  | edition  | make    | save       > artefacts > the web, files      publish.py
    entries  | eligible | issue   | create     > an issue, frozen                compose.py
    issue    | review   | approve | start      > variants                        advance.py
    variant  | rendered | mail    | template   > one message for all its readers send.py
    delivery | claim    | step    | message    > inbox                           sending.py
    failures | check    | confirm  | lift       > who is never mailed again       failures.py
    request  | sign up  | email   | confirm    > a subscriber                    people/
    token    | leave    | erase                > nobody, by the journal first    people/

What decides is pure and lives in the stages; what touches comes in as a few plain values, such as a
``Puller`` or a ``NewsletterSender``. Nothing here reads a clock, rolls a die or chooses a part:
``app`` does.
"""

from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull import HTTP, LEASE, NO_CHANGES, Busy, Parser, PullResult, pull
from syndicator.pipeline.issues.advance import advance, anything_due
from syndicator.pipeline.issues.compose import compose
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.issues.send import DELIVER, Delivered, deliver, deliver_issue

__all__ = [
    "DELIVER",
    "HTTP",
    "LEASE",
    "NO_CHANGES",
    "Busy",
    "Delivered",
    "NewsletterSender",
    "Parser",
    "PullResult",
    "advance",
    "anything_due",
    "compose",
    "deliver",
    "deliver_issue",
    "publish",
    "pull",
]
