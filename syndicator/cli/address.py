"""A mail address as an operator types it."""

from __future__ import annotations

import click

from syndicator.subscribe.address import NotAnAddress, normalised


class Address(click.ParamType[str]):
    """A mail address in its one spelling."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address normalised."""
        try:
            return normalised(value)
        except NotAnAddress as error:
            self.fail(str(error), param, ctx)
