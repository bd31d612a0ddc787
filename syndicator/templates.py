"""One Jinja2 environment for every template: the operator's own folder first, then ours."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from syndicator.config import Settings, resource


def environment_of(settings: Settings) -> Environment:
    """Return the environment of an installation: the operator's own folder, if any, then ours."""
    own = settings.deployment.templates_dir
    return environment(*((own,) if own else ()), resource("templates"))


def environment(*folders: Path) -> Environment:
    """Return an environment that looks a template up in ``folders`` in order.

    HTML and XML templates escape by themselves. A misspelt name is an error, not an empty string:
    a mail with a hole in it must never leave the house.
    """
    return Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=select_autoescape(["html", "xml", "xsl"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
