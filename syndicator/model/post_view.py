"""What pages and mails show alike of a post; each adds what is its own.

Post + the readers' language --post_view--> PostView --publish.page_post--> PostLine
                                                     --digest.issue_post--> IssuePost
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from syndicator.model.post import Post

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True, slots=True)
class PostView:
    """A post for readers of one language, whatever it is shown in. Nothing is marked up yet.

    ``href`` is empty where no link may lead. ``lang`` is its language tag, empty when nobody knows.
    ``in_own_language`` is set where it is the readers' own; ``foreign`` is its language where that
    is another of ours, so that it can be said. ``gone`` was taken down from an issue.
    """

    href: str
    lang: str
    in_own_language: bool
    foreign: str
    gone: bool


def post_view(
    post: Post, *, language: str, languages: Collection[str], assumed: str = ""
) -> PostView:
    """Return what readers of ``language`` are shown of ``post``.

    Args:
        languages: those that have a word for a post in another language.
        assumed: the tag of a post whose language nobody knows.
    """
    lang = _language_tag(post) or assumed
    main = _main(lang)
    return PostView(
        href=web_address(post.url),
        lang=lang,
        in_own_language=main == language,
        foreign=main if main != language and main in languages else "",
        gone=not post.url,
    )


def speaks(post: Post, language: str) -> bool:
    """Return True if the post is in ``language``; ``sv-FI`` is Swedish."""
    return _main(_language_tag(post)) == language


def _language_tag(post: Post) -> str:
    """Return the language of a post as HTML can carry it, or an empty string."""
    tag = (post.language or "").replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ""


def web_address(url: str) -> str:
    """Return ``url`` if a link may lead there, else an empty string.

    Parsing has cleaned addresses already; a page or mail is the last door before a reader's
    browser, and a ``javascript:`` address that ever slipped through would act in our name.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def _main(tag: str) -> str:
    return tag.partition("-")[0].lower()
