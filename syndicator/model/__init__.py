"""The nouns of the trade, immutable. One word for one thing, in code, tables, pages and docs.

Only values that travel between stages live here; what a stage keeps to itself stays in its folder.
Every ``datetime`` is aware and in UTC; every length of time is a ``timedelta``.

    network    cities, topics, declared sources      admitted   what a decision says about an answer
    source     a source as stored                    published  channels, artefacts
    fetched    a request and what came of it         mailed     issues and deliveries
    parsed     a feed as read                        people     subscribers, consent, emails
    post       a post, its forms derived from it     post_view  how it is shown
    time       clock, jitter, a digest's rhythm      finding    what a check saw, and how bad it is

Import them from here: which page a noun stands on is nobody else's business.
"""

from syndicator.model.admitted import (
    Alias,
    ChangedEntry,
    Changes,
    EntryState,
    Known,
    KnownEntry,
    KnownStory,
    Merge,
    NewEntry,
)
from syndicator.model.fetched import (
    Answer,
    Failed,
    Fetched,
    Hop,
    Outcome,
    Request,
    Response,
    Unchanged,
)
from syndicator.model.finding import Finding, Severity
from syndicator.model.mailed import (
    SITE_MARK,
    UNSUBSCRIBE_MARK,
    Cadence,
    Delivery,
    DeliveryState,
    Draft,
    Issue,
    IssueState,
    Mail,
    SkippedBecause,
    Stage,
    Tag,
    TagKind,
    Variant,
)
from syndicator.model.network import City, Declaration, Kind, Licence, Topic
from syndicator.model.notice import (
    ABOUT_SETTINGS,
    ALARMING,
    ALARMING_IF_LASTING,
    ENDED_BY_A_PERSON,
    OUR_FAULTS,
    PUBLIC_OF_FEEDS,
    Notice,
    NoticeKind,
)
from syndicator.model.parsed import Fault, IdKind, Image, ParsedEntry, ParsedFeed
from syndicator.model.people import (
    Consent,
    ConsentEvent,
    EmailKind,
    Selection,
    Subscriber,
    SubscriberState,
    SuppressedBecause,
    TransactionalEmail,
    UnknownBy,
)
from syndicator.model.post import Origin, Post
from syndicator.model.post_view import PostView, post_view, speaks, web_address
from syndicator.model.published import (
    Artefact,
    Channel,
    Edition,
    PastIssue,
    Scope,
    Tombstone,
    month_and_part,
)
from syndicator.model.source import (
    PULLED,
    HeldBecause,
    Hints,
    IdMode,
    Reason,
    Source,
    SourceState,
    Validators,
)
from syndicator.model.time import Clock, Jitter, Monotonic, Pause, Rhythm, WakeUp

__all__ = [
    "ABOUT_SETTINGS",
    "ALARMING",
    "ALARMING_IF_LASTING",
    "ENDED_BY_A_PERSON",
    "OUR_FAULTS",
    "PUBLIC_OF_FEEDS",
    "PULLED",
    "SITE_MARK",
    "UNSUBSCRIBE_MARK",
    "Alias",
    "Answer",
    "Artefact",
    "Cadence",
    "ChangedEntry",
    "Changes",
    "Channel",
    "City",
    "Clock",
    "Consent",
    "ConsentEvent",
    "Declaration",
    "Delivery",
    "DeliveryState",
    "Draft",
    "Edition",
    "EmailKind",
    "EntryState",
    "Failed",
    "Fault",
    "Fetched",
    "Finding",
    "HeldBecause",
    "Hints",
    "Hop",
    "IdKind",
    "IdMode",
    "Image",
    "Issue",
    "IssueState",
    "Jitter",
    "Kind",
    "Known",
    "KnownEntry",
    "KnownStory",
    "Licence",
    "Mail",
    "Merge",
    "Monotonic",
    "NewEntry",
    "Notice",
    "NoticeKind",
    "Origin",
    "Outcome",
    "ParsedEntry",
    "ParsedFeed",
    "PastIssue",
    "Pause",
    "Post",
    "PostView",
    "Reason",
    "Request",
    "Response",
    "Rhythm",
    "Scope",
    "Selection",
    "Severity",
    "SkippedBecause",
    "Source",
    "SourceState",
    "Stage",
    "Subscriber",
    "SubscriberState",
    "SuppressedBecause",
    "Tag",
    "TagKind",
    "Tombstone",
    "Topic",
    "TransactionalEmail",
    "Unchanged",
    "UnknownBy",
    "Validators",
    "Variant",
    "WakeUp",
    "month_and_part",
    "post_view",
    "speaks",
    "web_address",
]
