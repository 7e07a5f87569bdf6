"""Tables and the live display of a sweep, for a terminal or for a log file."""

import sys
import time
from collections import Counter

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.plan import PlannedCell
from codingagentbench.sweep.report import Summary, summaries
from codingagentbench.sweep.run import SweepResult, Watcher

_SHOWN_RUNNING = 8
_MINUTE = 60
_STYLES = {"none": "green", "agent": "yellow"}


class Display:
    """Cells done, running and by outcome, elapsed time and ETA; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Progress(
            TextColumn("[bold]{task.description}"), BarColumn(bar_width=40), TextColumn("{task.completed}/{task.total}")
        )
        self._task = self._bar.add_task("cells", total=0)
        self._running: dict[str, float] = {}
        self._outcomes: Counter[str] = Counter()
        self._todo = self._done = 0
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._render, transient=True)

    def watcher(self) -> Watcher:
        """What the sweep reports to."""
        return Watcher(log=self._log, planned=self._planned, started=self._started, ended=self._ended)

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _log(self, line: str) -> None:
        self.console.print(Text(line, style="dim"))

    def _planned(self, cells: list[PlannedCell], settled: int) -> None:
        self._todo, self._began = len(cells) - settled, time.monotonic()
        skipped = sum(c.skip is not None for c in cells)
        self._bar.update(self._task, total=len(cells), completed=settled)
        self._log(f"{len(cells)} cells planned: {settled - skipped} sealed, {skipped} skipped, {self._todo} to run")

    def _started(self, cell: PlannedCell) -> None:
        self._running[cell.cell_id] = time.monotonic()

    def _ended(self, cell: PlannedCell, record: Record) -> None:
        self._running.pop(cell.cell_id, None)
        self._outcomes[record.outcome] += 1
        self._done += 1
        self._bar.advance(self._task)
        if not self.console.is_terminal:
            self._log(f"{self._done}/{self._todo} {record.outcome:<10} {record.duration_s:6.1f} s  {cell.cell_id}")

    def _render(self) -> RenderableType:
        elapsed = time.monotonic() - self._began
        eta = _clock(elapsed / self._done * (self._todo - self._done)) if self._done else "-"
        counts = Text("  ").join(
            Text(f"{outcome} {n}", style=_style(outcome)) for outcome, n in sorted(self._outcomes.items())
        )
        now = time.monotonic()
        running = [
            Text(f"  {now - began:5.1f} s  {cell}", style="cyan")
            for cell, began in list(self._running.items())[:_SHOWN_RUNNING]
        ]
        times = Text(f"elapsed {_clock(elapsed)}   ETA {eta}   running {len(self._running)}")
        return Group(self._bar, times, counts, *running)


def print_result(console: Console, result: SweepResult) -> None:
    """Deviating controls first, then the table, then what has no score and why."""
    for record in result.deviations:
        verdict = record.control_verdict
        why = "; ".join(verdict.deviations) if verdict else ""
        console.print(Text.assemble(("control deviates: ", "bold red"), f"{record.cell_id}: {why}"))
    rows = summaries(result.cells)
    for controls in (False, True):
        chosen = [row for row in rows if row.control is controls]
        if chosen:
            console.print(_table(chosen, controls=controls))
    _print_missing(console, result)


def _table(rows: list[Summary], *, controls: bool) -> Table:
    title = "Controls: scripted models with a known right verdict, never ranked" if controls else "Results"
    table = Table(title=title, title_justify="left", header_style="bold", title_style="bold", pad_edge=False)
    for name in ("TUI", "model"):
        table.add_column(name, no_wrap=True)
    headings = ["passed (95 %)", "verdicts"] if controls else ["passed (95 %)"]
    for name in (*headings, "no score", "skipped", "integrity", "fidelity", "blast radius", "tokens", "cost", "wall"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, controls=controls))
    return table


def _cells(row: Summary, *, controls: bool) -> list[Text]:
    n = row.passed.scored
    cells = [Text(row.tui), Text(row.model), Text(str(row.passed))]
    if controls:
        right, of = row.as_expected or (0, 0)
        cells.append(Text(f"{right}/{of}", style="green" if right == of else "bold red"))
    cells += [Text(str(row.passed.infrastructure)), Text(str(row.skipped))]
    cells += [_figure(v, n, "{:.2f}") for v in (row.integrity, row.fidelity, row.blast_radius)]
    return [*cells, _figure(row.tokens, n, "{:,.0f}"), _cost(row), _figure(row.wall_s, n, "{:.1f} s")]


def _figure(value: float | None, n: int, form: str) -> Text:
    return Text("unknown" if n else "-", style="dim") if value is None else Text(form.format(value))


def _cost(row: Summary) -> Text:
    """Dollars spent; where only a part is known, that part, and that there is more."""
    if row.cost_usd is not None:
        return Text(f"${row.cost_usd:,.4f}")
    if row.known_cost_usd:
        return Text(f"unknown (${row.known_cost_usd:,.4f} known)", style="dim")
    return Text("unknown" if row.passed.run else "-", style="dim")


def _print_missing(console: Console, result: SweepResult) -> None:
    outcomes = Counter(r.outcome for r in result.without_score)
    for outcome, n in outcomes.most_common():
        detail = next(r.outcome_detail for r in result.without_score if r.outcome == outcome)
        console.print(Text.assemble((f"{n} without score: {outcome}: ", "bold yellow"), detail))
    for reason, n in Counter(c.skip or "" for c in result.skipped).most_common():
        console.print(Text.assemble((f"{n} skipped: ", "bold yellow"), reason))


def _style(outcome: str) -> str:
    return _STYLES.get(FAILURES[outcome].cause, "red")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // _MINUTE}:{int(seconds) % _MINUTE:02d}"


def make_console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for a log."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 160, highlight=False)
