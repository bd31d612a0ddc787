"""What an editor sees of an issue before it goes, and what they change of it.

issue  | preflight, readers, samples   > Review
Review | save                          > the next version, or why not
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from syndicator.deliver.mass import is_high
from syndicator.digest.compose import revised
from syndicator.digest.order import names_of
from syndicator.digest.variants import variants as variants_of
from syndicator.model import Finding, Issue, Mail
from syndicator.pipeline.issues.control import Because, Result
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.issue_mails import IssueMails
from syndicator.pipeline.issues.preflight import findings, wholes
from syndicator.pipeline.issues.send_window import resumes_at
from syndicator.store.issues import audience, failures, issues, transitions, variants
from syndicator.store.issues.issues import CarriedPost, IssueStatus

LONGEST_GREETING = 2_000
"""Letters of a greeting: a few paragraphs, far below what a mail may weigh."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The issue in one language as a reader of all of it gets it, and how many read it so."""

    mail: Mail
    readers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """An issue as its editors see it.

    ``samples`` are in the network's languages. ``carried`` is every post it was made with.
    There are no samples and no ``findings`` once the configuration has no digest of its cadence.
    ``nothing_for`` is how many readers it has nothing for. ``rests_until`` is when it goes on, if
    only the hours of mail keep it from leaving. ``failed`` is how many messages of how many failed,
    ``None`` where they are so few that it needs no word.
    """

    issue: Issue
    status: IssueStatus
    samples: tuple[Sample, ...]
    findings: tuple[Finding, ...]
    carried: tuple[CarriedPost, ...]
    nothing_for: int
    rests_until: datetime | None = None
    failed: tuple[int, int] | None = None

    @property
    def readers(self) -> int:
        """How many would get it."""
        return sum(sample.readers for sample in self.samples)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What forbids to send it."""
        return tuple(finding for finding in self.findings if finding.refuses)

    @property
    def open(self) -> bool:
        """True while its texts may be changed."""
        return self.status.state in transitions.BEFORE


def review(editorial: Editorial, issue_id: int) -> Review | None:
    """Return the issue as it stands for its editors, or ``None`` if there is none."""
    with editorial.database.read() as tx:
        issue = issues.get(tx, issue_id)
        status = issues.status(tx, issue_id)
        if issue is None or status is None:
            return None
        carried = issues.carried(tx, issue_id)
        wanted = variants.selections(tx, issue.cadence)
        counted = failures.count(tx, issue_id)
        numbers = audience.readers(tx, issue.cadence, at=status.send_at)
    given = variants_of(issue, wanted, names=names_of(editorial.settings))
    by_language: Counter[str] = Counter()
    nothing_for = 0
    for selection, number in numbers.items():
        variant = given[selection]
        if variant is None:
            nothing_for += number
        else:
            by_language[variant.language] += number
    plan = editorial.settings.digest(issue.cadence)
    samples: tuple[Sample, ...] = ()
    problems: tuple[Finding, ...] = ()
    if plan is not None:
        mails = IssueMails.of(editorial.settings, plan, editorial.database)
        whole = wholes(editorial.settings, issue)
        samples = tuple(
            Sample(mail=mails.sample(issue, variant), readers=by_language[language])
            for language, variant in whole.items()
        )
        problems = findings(editorial, issue, whole.values()) if whole else ()
    return Review(
        issue=issue,
        status=status,
        samples=samples,
        findings=problems,
        carried=carried,
        nothing_for=nothing_for,
        rests_until=resumes_at(editorial.settings, status, now=editorial.now()),
        failed=(counted.failed, counted.of) if is_high(counted.failed, of=counted.of) else None,
    )


def save(
    editorial: Editorial,
    issue_id: int,
    *,
    version: int,
    greetings: Mapping[str, str],
    left_out: Collection[str],
    by: str,
) -> Result:
    """Make a new version of the issue; what is the same as before makes none."""
    if any(len(text) > LONGEST_GREETING for text in greetings.values()):
        return Result(because=Because.TOO_LONG)
    with editorial.database.write(urgent=True, durable=True) as tx:
        issue = issues.get(tx, issue_id)
        if issue is None or issue.version != version:
            return Result(because=Because.OLD)
        carried = issues.carried(tx, issue_id)
        every = replace(issue, posts=tuple(kept.post for kept in carried))
        newer = revised(every, greetings=greetings, left_out=left_out)
        if not newer.posts:
            return Result(because=Because.NO_POSTS)
        if newer.content_hash == issue.content_hash:
            return Result()
        saved = transitions.revise(
            tx,
            issue_id,
            version=version,
            greetings=newer.greetings,
            left_out=frozenset(left_out) & {kept.post.public_id for kept in carried},
            content_hash=newer.content_hash,
            by=by,
            now=editorial.now(),
        )
    return Result(because=None if saved is not None else Because.OVER)
