"""When newsletters may leave, as configured; emails to one person leave at any hour."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from syndicator.config import Settings
from syndicator.deliver.hours import Window, opening, span
from syndicator.model import IssueState
from syndicator.store.issues.issues import IssueStatus


def window_of(settings: Settings) -> Window | None:
    """Return the hours of these settings; ``None`` if mail may always leave."""
    hours = settings.mail.send_between
    zone = settings.network.time_zone
    return None if hours is None else Window(hours=hours, zone=ZoneInfo(zone))


def open_since(window: Window | None, moment: datetime) -> datetime | None:
    """Return since when mail may leave without a break; ``None`` if it may not leave now."""
    if window is None:
        return datetime.min.replace(tzinfo=moment.tzinfo)
    open_ = span(window, moment)
    return None if open_ is None else open_[0]


def open_until(window: Window | None, moment: datetime) -> datetime | None:
    """Return until when mail may leave without a break; ``None`` if it may not leave now."""
    if window is None:
        return datetime.max.replace(tzinfo=moment.tzinfo)
    open_ = span(window, moment)
    return None if open_ is None else open_[1]


def opens(window: Window | None, moment: datetime) -> datetime:
    """Return the first moment, not before this one, at which mail may leave."""
    return moment if window is None else opening(window, moment)


def resumes_at(settings: Settings, issue: IssueStatus, *, now: datetime) -> datetime | None:
    """Return when an issue goes on that only the hours keep from leaving; ``None`` for any other.

    Of an approved one that is before its time, nothing rests.
    """
    due = issue.state is IssueState.APPROVED and now >= issue.send_at
    if not due and issue.state is not IssueState.SENDING:
        return None
    goes_on = opens(window_of(settings), now)
    return goes_on if goes_on > now else None
