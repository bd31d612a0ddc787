"""The network as configured: a TOML file and the environment in, frozen ``Settings`` out.

    config/feeds.toml --tables--> one checked model a table --references--> Settings
    SYNDICATOR_*      --environment--> Deployment

Nothing else in the program knows which network this is. What is wrong is collected, never raised
singly: a person who edits the file learns everything in one run.
"""

from syndicator.config.load import load
from syndicator.config.placeholders import (
    Placeholder,
    is_loopback,
    placeholders,
    placeholders_in_mail,
)
from syndicator.config.resources import resource
from syndicator.config.settings import (
    Combined,
    Deployment,
    DigestPlan,
    MailPlan,
    Network,
    SendDay,
    SendHours,
    Settings,
    Statements,
)

__all__ = [
    "Combined",
    "Deployment",
    "DigestPlan",
    "MailPlan",
    "Network",
    "Placeholder",
    "SendDay",
    "SendHours",
    "Settings",
    "Statements",
    "is_loopback",
    "load",
    "placeholders",
    "placeholders_in_mail",
    "resource",
]
