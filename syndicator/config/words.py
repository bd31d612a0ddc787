"""The small words of the configuration and what makes each of them right.

A check returns the value in its one form or raises ``ValueError`` with the fact as a person reads
it. None of them looks anything up: an address may be well formed and lead nowhere.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated
from unicodedata import normalize
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, PlainValidator

from syndicator.config.problems import did_you_mean, quoted
from syndicator.config.settings import SendHours

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[0-9]{3,8}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def line(value: str) -> str:
    """Return one line of text without outer spaces; it ends up in headers, titles and links."""
    if not value.strip():
        raise ValueError("is empty")
    if not value.strip().isprintable():
        raise ValueError("holds a line break or a control character; write it on one line")
    return normalize("NFC", value.strip())


def slug(value: str) -> str:
    """Return ``value`` if it can stand in an address of ours for ever."""
    if len(value) > 60 or not _SLUG.fullmatch(value):
        raise ValueError(f"{quoted(value)} must be small letters a-z, digits and single hyphens")
    return value


def code(value: str) -> str:
    """Return ``value`` if it is an official code: digits, with the zeros it begins with."""
    if not _CODE.fullmatch(value):
        raise ValueError(f"{quoted(value)} must be at least three digits, leading zeros included")
    return value


def language(value: str) -> str:
    """Return ``value`` if it is shaped like a BCP 47 tag in its usual case."""
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{quoted(value)} is not a language code")
    return value


def domain(value: str) -> str:
    """Return ``value`` if it is a plain ASCII domain name in small letters."""
    if len(value) > 253 or not _DOMAIN.fullmatch(value):
        raise ValueError(f"{quoted(value)} is not a domain name in small letters")
    return value


def web_address(value: str) -> str:
    """Return ``value`` if it is an absolute http(s) address without a password in it."""
    fault = _address_fault(value)
    if fault:
        raise ValueError(fault)
    return value


def site_root(value: str) -> str:
    """Return the root of a site without its slash; our pages live at the root of a host."""
    parts = urlsplit(web_address(value))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"{quoted(value)} must end after the host: no path, query or fragment")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def mail_address(value: str) -> str:
    """Return ``value`` if it is a mail address, its domain in small letters."""
    try:
        # A relay of one's own may well be called "relay.local": only the form is judged.
        address = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(f"{quoted(value)} is not a mail address: {error}") from error
    return address.normalized


def zone(value: str) -> str:
    """Return ``value`` if it names a time zone of the IANA database."""
    zones = available_timezones()
    if value not in zones:
        raise ValueError(f"{quoted(value)} is not a known time zone{did_you_mean(value, zones)}")
    return value


def clock_time(value: object) -> time:
    """Return the local time written as ``"07:03"``, or TOML's own ``07:03:00`` to the minute."""
    if isinstance(value, time) and not (value.second or value.microsecond):
        return value
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        return time(int(match[1]), int(match[2]))
    raise ValueError(f"{quoted(value)} must be hours and minutes in quotes")


def send_hours(value: object) -> SendHours:
    """Return the hours written as ``"07:00-20:00"``; ``"22:00-06:00"`` goes over midnight."""
    first, dash, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    matches = [_TIME.fullmatch(word.strip()) for word in (first, last)]
    if not dash or not all(matches):
        raise ValueError(f"{quoted(value)} must be two times in quotes, with a hyphen between them")
    begins, ends = (time(int(match[1]), int(match[2])) for match in matches if match)
    if begins == ends:
        raise ValueError(f"{quoted(value)} leaves no hour, or every hour; then leave the line out")
    return SendHours(begins=begins, ends=ends)


def calendar_day(value: object) -> date:
    """Return the day that TOML writes as ``2026-11-24``, without quotes."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{quoted(value)} must be a day without quotes")


def path(value: str) -> str:
    """Return ``value`` if it can begin the path of an address."""
    if not value.startswith("/") or not value.isprintable():
        raise ValueError(f"{quoted(value)} must begin with a slash")
    return value


def _address_fault(value: str) -> str | None:
    example = quoted(value)
    if not value.isprintable() or " " in value:
        return f"{example} holds a space or a control character"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return f"{example} is not an address"
    if parts.scheme not in ("http", "https"):
        return f"{example} must begin with https:// or http://"
    if "@" in parts.netloc:
        return "must not hold a user name or password: this file is no place for secrets"
    if not parts.hostname or port == 0:
        return f"{example} names no host"
    return None


def _text(value: object) -> object:
    # Not pydantic's own message for a number: "020" without quotes is the mistake people make.
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"must be text in quotes, not the number {value}")
    return value


_Text = Annotated[str, BeforeValidator(_text)]
Line = Annotated[_Text, AfterValidator(line)]
Slug = Annotated[_Text, AfterValidator(slug)]
Code = Annotated[_Text, AfterValidator(code)]
Language = Annotated[_Text, AfterValidator(language)]
Domain = Annotated[_Text, AfterValidator(domain)]
WebAddress = Annotated[_Text, AfterValidator(web_address)]
SiteRoot = Annotated[_Text, AfterValidator(site_root)]
MailAddress = Annotated[_Text, AfterValidator(mail_address)]
Zone = Annotated[_Text, AfterValidator(zone)]
PathPrefix = Annotated[_Text, AfterValidator(path)]
Day = Annotated[date, PlainValidator(calendar_day)]
ClockTime = Annotated[time, PlainValidator(clock_time)]
Hours = Annotated[SendHours, PlainValidator(send_hours)]
