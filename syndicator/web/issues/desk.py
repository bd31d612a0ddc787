"""/fi/desk/...: the exact issue before it goes, its greeting, and Approve and Stop.

    a mailed link | the issue, the report | save a new version | approve | stop

Nothing changes on GET: what opens every link of a mail lets nothing go. The link is one editor's,
of one version, and ends when the issue may no longer be sent. No page here is to be listed, kept or
named to another site.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from syndicator.pipeline.issues.control import Because, Result
from syndicator.pipeline.issues.desk import Desk, LinkedReview
from syndicator.pipeline.issues.review import LONGEST_GREETING, Review
from syndicator.pipeline.notice_text import notice_text
from syndicator.publish.page_frame import Place
from syndicator.publish.page_site import Site
from syndicator.web.forms import from_our_page, read_form
from syndicator.web.pages import PRIVATE, language_of, page

_MOST_BYTES = 200_000
_MOST_FIELDS = 2_000
_FRAMES = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail brings its styles along and nothing else: no script, no image from anywhere, no form.
_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


class DeskPages:
    """The pages at /desk, in every language."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the desk."""
        return [
            route
            for language in self._site.languages
            for route in (
                Route(f"/{language}/desk/{{token}}", self.show, methods=["GET"]),
                Route(f"/{language}/desk/{{token}}", self.act, methods=["POST"]),
                Route(f"/{language}/desk/{{token}}/mail/{{sample}}", self.mail, methods=["GET"]),
            )
        ]

    async def show(self, request: Request) -> Response:
        """Show the issue as it stands."""
        return await self._page(request, language_of(request, site=self._site))

    async def mail(self, request: Request) -> Response:
        """Show one language's mail, exactly."""
        linked = await self._review(request, language_of(request, site=self._site))
        for sample in linked.review.samples:
            if sample.mail.language == request.path_params["sample"]:
                return HTMLResponse(
                    sample.mail.html, headers={**PRIVATE, "Content-Security-Policy": _MAIL}
                )
        raise HTTPException(404)

    async def act(self, request: Request) -> Response:
        """Take one of the three buttons."""
        site = self._site
        if not from_our_page(request.headers, base_url=site.base_url, allow_null=True):
            raise HTTPException(403)
        language = language_of(request, site=site)
        sent = await read_form(request, most_bytes=_MOST_BYTES, most_fields=_MOST_FIELDS)
        linked = await self._review(request, language)
        result, token = await run_in_threadpool(self._act, request, linked.review, sent)
        if result.because is None:
            where = f"{site.prefix}/{language}/desk/{token}"
            return RedirectResponse(where, status_code=303, headers=PRIVATE)
        return await self._page(request, language, outcome=result.because, sent=sent)

    def _act(self, request: Request, review: Review, sent: FormData) -> tuple[Result, str]:
        token = request.path_params["token"]
        step = sent.get("step")
        if step == "stop":
            return self._desk.stop(token), token
        greetings, left_out = _written(sent, review)
        if step == "save" or (review.open and _changed(review, greetings, left_out)):
            # Approving what was changed and not yet seen would approve something else.
            return self._desk.save(token, greetings=greetings, left_out=left_out)
        if step == "approve":
            return self._desk.approve(token), token
        raise HTTPException(404)

    async def _review(self, request: Request, language: str) -> LinkedReview:
        linked = await run_in_threadpool(
            self._desk.review, request.path_params["token"], language=language
        )
        if linked is None:
            raise HTTPException(404, headers=PRIVATE)
        return linked

    async def _page(
        self,
        request: Request,
        language: str,
        *,
        outcome: Because | None = None,
        sent: FormData | None = None,
    ) -> Response:
        site, linked = self._site, await self._review(request, language)
        review, token = linked.review, request.path_params["token"]
        greetings, left_out = _stored(review) if sent is None else _written(sent, review)
        return await run_in_threadpool(
            page,
            site,
            "site/desk.html",
            language=language,
            place=Place(path=f"desk/{token}", title=linked.title, listed=False),
            status=200 if outcome is None else 422,
            headers={**PRIVATE, "Content-Security-Policy": _FRAMES},
            review=review,
            token=token,
            newest=linked.newest,
            notices=[
                notice_text(notice, subject=notice.subject, locale=site.locales[language])
                for notice in linked.notices
            ],
            outcome=outcome,
            greetings=greetings,
            left_out=left_out,
            longest=LONGEST_GREETING,
            speaking={spoken: site.locales[spoken] for spoken in site.languages},
            state=review.status.state.value,
        )


def _written(sent: FormData, review: Review) -> tuple[Mapping[str, str], frozenset[str]]:
    """Return greetings and left out posts as typed; line ends as a browser never sends them."""
    greetings = {
        sample.mail.language: str(sent.get(f"greeting.{sample.mail.language}", ""))
        .replace("\r\n", "\n")
        .strip()
        for sample in review.samples
    }
    return greetings, frozenset(map(str, sent.getlist("left_out")))


def _stored(review: Review) -> tuple[Mapping[str, str], frozenset[str]]:
    left_out = frozenset(item.post.public_id for item in review.carried if item.left_out)
    return review.issue.greetings, left_out


def _changed(review: Review, greetings: Mapping[str, str], left_out: frozenset[str]) -> bool:
    stored, out = _stored(review)
    spoken = {language: text for language, text in greetings.items() if text}
    return spoken != dict(stored) or left_out != out
