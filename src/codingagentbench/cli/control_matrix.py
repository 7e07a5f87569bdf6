"""The matrix of a calibration: CLI x control, how many verdicts are what the control says they must be."""

import statistics
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codingagentbench.cli.names import tui_name
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell
from codingagentbench.wording import marked

Cells = Sequence[tuple[PlannedCell, Record | None]]


def print_control_matrix(console: Console, cells: Cells, engine: str) -> None:
    """A line a CLI, a column a control: right verdicts / cells run; then the first deviation of every bad place."""
    controls = [(plan, record) for plan, record in cells if record is None or record.control]
    models = list(dict.fromkeys(plan.model for plan, record in controls if record))
    table = Table(
        title=f"Controls in {engine}: verdicts as they must be / cells run", header_style="bold", pad_edge=False
    )
    table.add_column("TUI", no_wrap=True)
    for model in models:
        table.add_column(model.removeprefix("control/"), justify="right", no_wrap=True)
    table.add_column("all", justify="right", no_wrap=True)
    table.add_column("wall, median", justify="right", no_wrap=True)
    bad: list[tuple[str, str, list[Record]]] = []
    for tui, group in _by_tui(controls).items():
        columns = [[(p, r) for p, r in group if p.model == model] for model in models]
        verified = all(plan.tui_verified for plan, _ in group)
        name = marked(tui, verified=verified)
        bad += [(name, model, wrong) for model, one in zip(models, columns, strict=True) if (wrong := _wrong(one))]
        table.add_row(tui_name(tui, verified=verified), *map(_right, columns), _right(group), _wall(group))
    if len(table.rows) > 1:
        table.add_section()
        columns = [[(p, r) for p, r in controls if p.model == model] for model in models]
        table.add_row(Text("all", style="bold"), *map(_right, columns), _right(controls), _wall(controls))
    console.print(table)
    for tui, model, records in bad:
        first = f"{tui} x {model}: {len(records)} deviate, first {records[0].task_id}: {deviation(records[0])}"
        console.print(Text.assemble(("control deviates: ", "bold red"), first), soft_wrap=True)


def deviation(record: Record) -> str:
    """In what a control's cell is not what it must be, and how the cell ended."""
    verdict = record.control_verdict
    return f"{'; '.join(verdict.deviations) if verdict else ''} ({record.outcome})"


def _by_tui(cells: Cells) -> dict[str, list[tuple[PlannedCell, Record | None]]]:
    found: dict[str, list[tuple[PlannedCell, Record | None]]] = {}
    for plan, record in cells:
        found.setdefault(plan.tui, []).append((plan, record))
    return found


def _wrong(cells: Iterable[tuple[PlannedCell, Record | None]]) -> list[Record]:
    return [r for _, r in cells if r and r.control_verdict and not r.control_verdict.as_expected]


def _right(cells: Cells) -> Text:
    """`right/run`, and of how many where some of the plan did not run."""
    run = [r.control_verdict for _, r in cells if r and r.control_verdict]
    right = sum(verdict.as_expected for verdict in run)
    text = Text(f"{right}/{len(run)}", style="green" if run and right == len(run) else "bold red" if run else "dim")
    return text if len(run) == len(cells) else Text.assemble(text, (f" of {len(cells)}", "dim"))


def _wall(cells: Cells) -> Text:
    walls = [ms for _, r in cells if r and (ms := r.axes.latency.wall_clock_ms) is not None]
    return Text(f"{statistics.median(walls) / 1000:.1f} s") if walls else Text("-", style="dim")
