"""One connection at work: claim a chunk, then step by step, one message in flight at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from syndicator import log
from syndicator.deliver.email.message import Template
from syndicator.deliver.retry import Meaning, meaning, next_try
from syndicator.errors import DeliveryFailed, StoreUnavailable, TemporaryFailure, Uncertain
from syndicator.model import Delivery, DeliveryState, Issue, Stage
from syndicator.pipeline.issues.newsletter_sender import (
    IssueMessages,
    NewsletterSender,
    OutgoingMessage,
)
from syndicator.pipeline.issues.watch import Watch
from syndicator.pipeline.mail_relay import Mailer
from syndicator.store.db.group_commit import GroupCommit
from syndicator.store.issues import outbox
from syndicator.store.issues.outbox import Done, Step
from syndicator.store.upkeep import flags

logger = log.get("deliver")

SHORT = timedelta(seconds=10)
"""A domain that is free so soon is waited for; otherwise its messages are put back."""

PATIENCE = (1, 3, 9, 27, 60)
"""Seconds between attempts to reach a relay, or a database, that is away."""


class Halted(Exception):
    """The relay refuses us ourselves: nothing more of the issue may leave until a person looked."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class RelayAway(Exception):
    """No relay could be reached for a while, or it takes messages and answers none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRequest:
    """A step one connection wants to take; ``renews`` if its claims should last longer, too."""

    holder: str
    done: Done | None
    ahead: Sequence[Delivery]
    now: datetime
    renews: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SendRound:
    """What all connections share that carry an issue as it was read.

    Nothing leaves from ``closes_at`` on. If it ``probes``, it asks a relay that fell silent whether
    it is back, with one message that may have arrived before, and ends with its answer.
    ``ledger`` takes the steps of all of them.
    """

    sender: NewsletterSender
    issue_id: int
    issue: Issue
    messages: IssueMessages
    closes_at: datetime
    probes: bool
    watch: Watch
    ledger: GroupCommit[StepRequest, Step]


class DeliveryWorker:
    """Carries messages over one connection until nothing is open or it is told to stop."""

    def __init__(self, round_: SendRound, mailer: Mailer, *, holder: str) -> None:
        self.mailer = mailer
        self._round = round_
        self._sender = round_.sender
        self._database = round_.sender.database
        self._holder = holder
        self._renew_at = round_.sender.now()

    def run(self) -> None:
        """Send what is open.

        Raises:
            Halted: the relay refused us; what was in hand is open again.
            RelayAway: no relay could be reached, or it fell silent; likewise.
        """
        with self.mailer:
            while not self._over and (chunk := self._claim()):
                try:
                    if not self._carry(list(chunk)):
                        return
                finally:
                    # What is left of the chunk is anybody's again.
                    with self._database.write() as tx:
                        outbox.release(tx, self._round.issue_id, holder=self._holder)
        if self._sender.rates.quiet_until is not None:
            raise RelayAway

    @property
    def _over(self) -> bool:
        """True once nothing more may leave: we were told to stop, the hours are over, too many
        failed, the relay fell silent; or it answered, where only that was asked."""
        now, quiet_until = self._sender.now(), self._sender.rates.quiet_until
        silent = quiet_until is not None
        if self._round.probes:
            silent = quiet_until is None or quiet_until > now
        ended = self._sender.stop.is_set() or now >= self._round.closes_at
        return silent or ended or self._round.watch.alarming

    def _claim(self) -> Sequence[Delivery]:
        now = self._sender.now()
        self._renew_at = now + self._sender.lease / 3
        with self._database.write(durable=True) as tx:
            if flags.withheld(tx) is not None:
                return ()
            return outbox.claim(
                tx,
                self._round.issue_id,
                holder=self._holder,
                now=now,
                lease=self._sender.lease,
                resend=self._sender.resend,
                probes=self._round.probes,
            )

    def _carry(self, ahead: list[Delivery]) -> bool:
        """Send a chunk; False if nothing more of the issue may leave as it was read."""
        done: Done | None = None
        while ahead and not self._over:
            wait = self._sender.rates.next()
            if wait > timedelta(0) or not self.mailer.open:
                # What happened is written down before anything is waited for.
                self._written(done)
                done = None
                self._sender.stop.wait(wait.total_seconds())
                self._reach()
            if self._over or not self._turn_of_domain(ahead) or self._over:
                break
            step = self._step(done, ahead)
            done = None
            if step.halted:
                return False
            del ahead[: step.passed]
            if step.started is not None:
                done = self._sent(step.started)
                self._round.watch.came(done.state)
        self._written(done)
        return True

    def _turn_of_domain(self, ahead: list[Delivery]) -> bool:
        """Put first whose domain is free; False, and all put back, if none is soon."""
        at, free = self._sender.rates.first_free(ahead)
        wait = free - self._sender.now()
        if wait > SHORT:
            with self._database.write() as tx:
                outbox.release(tx, self._round.issue_id, holder=self._holder, not_before=free)
            return False
        if wait > timedelta(0) and self._sender.stop.wait(wait.total_seconds()):
            return False
        ahead.insert(0, ahead.pop(at))
        return True

    # --- the ledger ---------------------------------------------------------------------------

    def _written(self, done: Done | None) -> None:
        if done is not None:
            self._step(done, ())

    def _step(self, done: Done | None, ahead: Sequence[Delivery]) -> Step:
        """Take a step in the ledger; a database that is away is waited for, a while."""
        for seconds in PATIENCE:
            try:
                return self._step_once(done, ahead)
            except StoreUnavailable as error:
                logger.warning("ledger not reached", detail=str(error))
                self._sender.stop.wait(seconds)
        return self._step_once(done, ahead)

    def _step_once(self, done: Done | None, ahead: Sequence[Delivery]) -> Step:
        now = self._sender.now()
        renews = now >= self._renew_at
        if renews:
            self._renew_at = now + self._sender.lease / 3
        request = StepRequest(holder=self._holder, done=done, ahead=ahead, now=now, renews=renews)
        return self._round.ledger(request)

    # --- the relay ----------------------------------------------------------------------------

    def _reach(self) -> None:
        for seconds in PATIENCE:
            if self._sender.stop.is_set():
                return
            try:
                self.mailer.ready()
            except TemporaryFailure as error:
                if meaning(error.code, error.reply, stage=error.stage) is Meaning.OURS:
                    raise Halted(str(error)) from error
                logger.warning("relay not reached", detail=str(error))
                self._sender.stop.wait(seconds)
            else:
                return
        raise RelayAway

    def _sent(self, delivery: Delivery) -> Done:
        """Send one message that the ledger says is being sent; return what came of it."""
        template = self._template(delivery)
        try:
            outgoing = self._round.messages.message(template, delivery)
        except Exception as error:
            # Broad, since this is the loop over readers: a fault of ours that met one reader's
            # facts costs them, not the thousands behind.
            logger.exception("message not made", delivery=delivery.id)
            return self._done(delivery, DeliveryState.FAILED, detail=f"not made: {error}")
        return self._offered(delivery, outgoing)

    def _template(self, delivery: Delivery) -> Template:
        try:
            return self._round.messages.template(self._round.issue, delivery.variant)
        except Exception as error:
            # Broad, since an operator's own template may raise anything. Every reader of it would
            # fail alike, so the issue pauses and says why, and nobody is counted as failed.
            logger.exception("template not made", variant=delivery.variant)
            self._written(self._open_again(delivery, detail=None))
            raise Halted(f"variant {delivery.variant} could not be made: {error}") from error

    def _offered(self, delivery: Delivery, outgoing: OutgoingMessage) -> Done:
        rates = self._sender.rates
        rates.left(delivery)
        try:
            self.mailer.send(outgoing.message, sender=outgoing.sender, recipient=outgoing.recipient)
        except DeliveryFailed as error:
            if not error.code and error.stage is Stage.CONTENT and not self._sender.stop.is_set():
                rates.unanswered()
            if isinstance(error, Uncertain):
                return self._put_off(delivery, error, DeliveryState.UNCERTAIN)
            if self._sender.stop.is_set() and not error.code:
                # We hung up ourselves, before the message was whole.
                return self._open_again(delivery, detail=None)
            answer = meaning(error.code, error.reply, stage=error.stage)
            if error.code and error.stage in (Stage.RECIPIENT, Stage.CONTENT):
                rates.heard(delivery, answer)
            return self._refused(delivery, error, answer)
        rates.heard(delivery, None)
        return self._done(delivery, DeliveryState.SENT, code=250)

    def _refused(self, delivery: Delivery, error: DeliveryFailed, answer: Meaning) -> Done:
        match answer:
            case Meaning.OURS:
                self._written(self._open_again(delivery, detail=str(error)))
                raise Halted(str(error))
            case Meaning.LATER | Meaning.SLOWER:
                return self._put_off(delivery, error, DeliveryState.DEFERRED)
            case Meaning.REFUSED | Meaning.GONE:
                return self._done(
                    delivery,
                    DeliveryState.FAILED,
                    code=error.code,
                    detail=error.reply,
                    gone=answer is Meaning.GONE,
                )
            case _:
                assert_never(answer)

    def _put_off(self, delivery: Delivery, error: DeliveryFailed, state: DeliveryState) -> Done:
        """Let it be tried again, unless it was for a day: then it failed, or stays uncertain."""
        again = next_try(
            delivery.attempts + 1, now=self._sender.now(), jitter=self._sender.jitter()
        )
        if again is None and state is DeliveryState.DEFERRED:
            state = DeliveryState.FAILED
        return self._done(
            delivery, state, code=error.code or None, detail=error.reply, not_before=again
        )

    def _open_again(self, delivery: Delivery, *, detail: str | None) -> Done:
        return self._done(delivery, DeliveryState.PENDING, detail=detail, counts=False)

    def _done(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        code: int | None = None,
        detail: str | None = None,
        not_before: datetime | None = None,
        counts: bool = True,
        gone: bool = False,
    ) -> Done:
        return Done(
            id=delivery.id,
            state=state,
            at=self._sender.now(),
            code=code,
            detail=detail,
            not_before=not_before,
            counts=counts,
            gone=gone,
        )
