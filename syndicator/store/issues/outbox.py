"""The outbox: one delivery for each issue and subscriber, whoever plans or claims it.

planning    pending, or skipped with the reason why
sending     pending -> claimed -> sending -> sent | deferred | failed | uncertain
redelivery  open again, cancelled, due later
deliveries  who got an issue, who did not, and why
"""

from syndicator.store.issues.deliveries import Account, accounts, reasons, tally
from syndicator.store.issues.planning import CHUNK, paced, plan, planned
from syndicator.store.issues.redelivery import cancel, due, give_up, in_hand, recover, retry_failed
from syndicator.store.issues.sending import Done, Step, claim, release, renew, step

__all__ = [
    "CHUNK",
    "Account",
    "Done",
    "Step",
    "accounts",
    "cancel",
    "claim",
    "due",
    "give_up",
    "in_hand",
    "paced",
    "plan",
    "planned",
    "reasons",
    "recover",
    "release",
    "renew",
    "retry_failed",
    "step",
    "tally",
]
