"""`cab compare`."""

from typing import Annotated

import msgspec
import typer

from codingagentbench.cli.compare_tables import print_comparisons
from codingagentbench.cli.options import JsonOption, ResultsOption, SweepFilter
from codingagentbench.errors import UsageError
from codingagentbench.paths import results_root
from codingagentbench.stats.compare import DIMENSIONS, Dimension, compare, sides
from codingagentbench.stats.gate import read_gate
from codingagentbench.sweep.compared import compared_cells
from codingagentbench.sweep.spec import FACTORY

GATE_FAILED = 5


def command(
    a: Annotated[str | None, typer.Argument(help="The baseline: a sweep, or a value of --by.")] = None,
    b: Annotated[
        str | None, typer.Argument(help="What is compared with it. [default: every other]", show_default=False)
    ] = None,
    sweep: SweepFilter = None,
    by: Annotated[
        str | None,
        typer.Option(help="plugin_stack, tui, model or sweep. [default: sweep with A and B, else plugin_stack]"),
    ] = None,
    fail_if_worse: Annotated[
        list[str] | None,
        typer.Option(help="AXIS=MARGIN: exit with 5 where AXIS is worse by more than MARGIN; repeatable."),
    ] = None,
    certain: Annotated[
        bool, typer.Option("--certain", help="Gates fail only where the whole 95 % interval is beyond the margin.")
    ] = False,
    json: JsonOption = False,
    results: ResultsOption = None,
) -> None:
    """Compare two sides of the same cells, paired by task and repetition: does a plugin, another CLI or model help?

    Without A the baseline is the factory state, or the first of two sides. A pair without a score on either side is
    missing, and counted. AXIS is pass_rate or blast_radius, with MARGIN a difference (0.05), or tokens or latency, with
    MARGIN a part (0.1: ten percent more). What is not known fails its gate. --json prints one object a comparison.
    """
    gates = [read_gate(text) for text in fail_if_worse or []]
    dimension = _dimension(by or ("sweep" if a and b else "plugin_stack"))
    cells = list(compared_cells(results or results_root(), sweep))
    baseline, others = _chosen(sides(cells, dimension), dimension, a, b)
    found = [compare(cells, dimension, baseline, other) for other in others]
    if json:
        for one in found:
            typer.echo(msgspec.json.encode(one))
    else:
        print_comparisons(found)
    faults = [fault for one in found for gate in gates if (fault := gate.fault(one, certain=certain))]
    for fault in faults:
        typer.echo(f"gate: {fault}", err=True)
    raise typer.Exit(GATE_FAILED if faults else 0)


def _dimension(by: str) -> Dimension:
    for dimension in DIMENSIONS:
        if dimension == by:
            return dimension
    msg = f"--by {by!r}: accepted: {', '.join(DIMENSIONS)}"
    raise UsageError(msg)


def _chosen(known: list[str], by: Dimension, a: str | None, b: str | None) -> tuple[str, list[str]]:
    """The baseline, and what is compared with it."""
    if a is None:
        if by == "plugin_stack" and FACTORY not in known:
            msg = f"no cell has the factory state to compare with: name two of: {', '.join(known) or 'no cells'}"
            raise UsageError(msg)
        if by != "plugin_stack" and len(known) != 2:  # noqa: PLR2004  # two sides
            msg = f"{len(known)} values of {by}: name the baseline: {', '.join(known) or 'there are no cells'}"
            raise UsageError(msg)
        a = known[0]
    others = [b] if b else [name for name in known if name != a]
    if not others:
        msg = f"nothing to compare {a!r} with: no cell has another {by}"
        raise UsageError(msg)
    return a, others
