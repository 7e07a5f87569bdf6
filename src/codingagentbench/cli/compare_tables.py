"""The table of `cab compare`."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codingagentbench.cli.names import tui_name
from codingagentbench.cli.tables import make_console
from codingagentbench.stats.compare import METRICS, Comparison, Metric
from codingagentbench.wording import UNVERIFIED, counted

_UNKNOWN = "unknown"


def print_comparisons(found: Sequence[Comparison]) -> None:
    """A table a comparison: every figure with its interval and its number of pairs; what is missing below it."""
    console = make_console()
    for one in found:
        _print(console, one)


def _print(console: Console, one: Comparison) -> None:
    unverified = one.unverified if one.by == "tui" else []
    a, b = (tui_name(side, verified=side not in unverified) for side in (one.a, one.b))
    table = Table(
        title=Text.assemble(b, " against ", a, f"  ({one.by})"),
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    for heading in (Text(), a, b, Text("change (95 %)"), Text("n")):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    passed = one.pass_rate
    table.add_row("pass rate", _number(passed.mean_a), _number(passed.mean_b), _difference(passed), str(passed.n))
    for name in METRICS:
        metric: Metric = getattr(one, name)
        change = _difference(metric) if name == "blast_radius" else _ratio(metric)
        figures = _number(metric.mean_a), _number(metric.mean_b)
        table.add_row(name.replace("_", " "), *figures, change, str(metric.n))
    console.print(table)
    console.print(Text(_pairs(one)))
    if left := _left_out(one):
        console.print(Text(left, style="yellow"))
    if others := [name for name in one.unverified if one.by != "tui" or name not in {one.a, one.b}]:
        console.print(Text(f"Among the CLIs, {UNVERIFIED}: {', '.join(others)}", style="yellow"))
    if one.controls:
        console.print(Text("Controls among the models: scripted, so this says nothing of what a model would gain."))


def _pairs(one: Comparison) -> str:
    p, by_task = (_number(value) for value in (one.mcnemar_p, one.mcnemar_p_by_task))
    return (
        f"{counted(one.pairs, 'pair')} of {counted(one.tasks, 'task')}: {counted(one.wins, 'win')}, "
        f"{one.losses} {'loss' if one.losses == 1 else 'losses'}, {counted(one.ties, 'tie')} "
        f"({one.both_passed} both, {one.neither_passed} neither); McNemar exact p = {p}, by task p = {by_task}"
    )


def _left_out(one: Comparison) -> str:
    counts = {
        f"without a score of {one.a}": one.missing_a,
        f"without a score of {one.b}": one.missing_b,
        "without a score of either": one.missing_both,
        "where the CLI does not take the stack": one.plugins_skipped,
    }
    said = [f"{count} {words}" for words, count in counts.items() if count]
    return f"Pairs left out: {', '.join(said)}" if said else ""


def _difference(metric: Metric) -> str:
    if metric.difference is None:
        return _UNKNOWN
    interval = metric.difference_interval
    return f"{metric.difference:+.3f} ({_range(interval, '{:+.3f}')})"


def _ratio(metric: Metric) -> str:
    return _UNKNOWN if metric.ratio is None else f"x {metric.ratio:.3f} ({_range(metric.ratio_interval, '{:.3f}')})"


def _range(interval: tuple[float, float] | None, form: str) -> str:
    return "no interval" if interval is None else f"{form.format(interval[0])} to {form.format(interval[1])}"


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004
