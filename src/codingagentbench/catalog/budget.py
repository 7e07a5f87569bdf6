"""Budgets of a sweep: what a cell, a TUI x model and the whole sweep may spend at most."""

from typing import Annotated

from pydantic import Field

from codingagentbench.catalog.base import Entry


class Ceiling(Entry):
    """At most so much; a kind that is left out has no ceiling."""

    max_calls: Annotated[int, Field(ge=1)] | None = None
    """Model calls that the endpoint answered. Never exceeded."""
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    """Input and output, cached input included."""
    max_cost_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Needs a price for every model of the sweep, for input and output."""


class SweepBudget(Entry):
    """A call that does not fit into one of the three is refused; docs/methodology.md has the bounds."""

    cell: Ceiling = Ceiling()
    """Of each cell. Without max_calls: four calls for each of the task's max_turns. Spent is a result: the cell is
    graded and scored, its outcome is budget_exhausted."""
    pair: Ceiling = Ceiling()
    """Of each TUI x model over all of its cells and attempts. Spent is missing data: cells that it stops or that were
    not started have no score."""
    sweep: Ceiling = Ceiling()
    """Of the whole sweep, over all commands that ran it. Spent as with `pair`."""
