"""Tables and the live display of a sweep, for a terminal or for a log file."""

import sys
import time
from collections import Counter

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from codingagentbench.cli.control_matrix import deviation, print_control_matrix
from codingagentbench.cli.fitted import Column, print_fitted
from codingagentbench.cli.names import tui_name
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.plan import PlannedCell
from codingagentbench.sweep.report import Summary, summaries
from codingagentbench.sweep.run import SweepResult, Watcher
from codingagentbench.wording import counted

_LISTED_CONTROLS = 20
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
        self._began = self._planned_at = time.monotonic()
        self._set_up = False
        self._paused: dict[str, str] = {}
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._render, transient=True)

    def watcher(self) -> Watcher:
        """What the sweep reports to."""
        return Watcher(
            paused=self._endpoint_paused,
            log=self._log,
            planned=self._planned,
            started=self._started,
            ended=self._ended,
            left=self._left,
        )

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _log(self, line: str) -> None:
        self.console.print(Text(line, style="dim"))

    def _planned(self, cells: list[PlannedCell], settled: int) -> None:
        self._todo, self._planned_at, self._set_up = len(cells) - settled, time.monotonic(), True
        skipped = sum(c.skip is not None for c in cells)
        self._bar.update(self._task, total=len(cells), completed=settled)
        all_cells = counted(len(cells), "cell")
        self._log(f"{all_cells} planned: {settled - skipped} sealed, {skipped} skipped, {self._todo} to run")

    def _started(self, cell: PlannedCell) -> None:
        self._running[cell.cell_id] = time.monotonic()

    def _ended(self, cell: PlannedCell, record: Record) -> None:
        self._running.pop(cell.cell_id, None)
        self._outcomes[record.outcome] += 1
        self._done += 1
        self._bar.advance(self._task)
        if not self.console.is_terminal:
            self._log(f"{self._done}/{self._todo} {record.outcome:<10} {record.duration_s:6.1f} s  {cell.cell_id}")

    def _left(self, cell: PlannedCell, reason: str) -> None:
        self._todo -= 1
        if not self.console.is_terminal:
            self._log(f"not started  {cell.cell_id}: {reason}")

    def _endpoint_paused(self, endpoint: str, words: str | None) -> None:
        if words is None:
            self._paused.pop(endpoint, None)
            self._log(f"endpoint {endpoint} answers again")
        else:
            self._paused[endpoint] = words
            self._log(f"endpoint {endpoint} is paused: {words}")

    def _render(self) -> RenderableType:
        now = time.monotonic()
        elapsed = _clock(now - self._began)
        if not self._set_up:
            return Text(f"setting up: CLIs and toolchains   elapsed {elapsed}")
        eta = _clock((now - self._planned_at) / self._done * (self._todo - self._done)) if self._done else "-"
        counts = Text("  ").join(
            Text(f"{outcome} {n}", style=_style(outcome)) for outcome, n in sorted(self._outcomes.items())
        )
        running = [
            Text(f"  {now - began:5.1f} s  {cell}", style="cyan", no_wrap=True, overflow="ellipsis")
            for cell, began in list(self._running.items())[:_SHOWN_RUNNING]
        ]
        times = Text(f"elapsed {elapsed}   ETA {eta}   running {len(self._running)}")
        paused = [Text(f"  endpoint {name} is paused: {why}", style="bold red") for name, why in self._paused.items()]
        return Group(self._bar, times, counts, *paused, *running)


def print_result(console: Console, result: SweepResult, engine: str) -> None:
    """Deviating controls first, then the tables, then what has no score and why.

    Controls of many CLIs are one matrix, CLI x control: a line of every axis each would fill pages.
    """
    rows = summaries(result.cells)
    as_matrix = sum(row.control for row in rows) > _LISTED_CONTROLS
    for record in [] if as_matrix else result.deviations:
        console.print(Text.assemble(("control deviates: ", "bold red"), f"{record.cell_id}: {deviation(record)}"))
    for controls in (False, True):
        chosen = [row for row in rows if row.control is controls]
        if controls and as_matrix:
            print_control_matrix(console, result.cells, engine)
        elif chosen:
            _print_summaries(console, chosen, controls=controls)
    _print_missing(console, result)


_COLUMNS = (
    Column("TUI", "left"),
    Column("model", "left"),
    Column("passed (95 %)"),
    Column("verdicts"),
    Column("no score", spare=2),
    Column("skipped", spare=3),
    Column("integrity", spare=1),
    Column("fidelity", spare=6),
    Column("blast", spare=4),
    Column("tokens", spare=5),
    Column("cost", spare=8),
    Column("wall", spare=7),
)


def _print_summaries(console: Console, rows: list[Summary], *, controls: bool) -> None:
    title = "Controls: scripted models with a known right verdict, never ranked" if controls else "Results"
    lines = [_cells(row) for row in rows]
    told = [place for place, column in enumerate(_COLUMNS) if _tells(column.name, rows)]
    print_fitted(console, [_COLUMNS[p] for p in told], [[line[p] for p in told] for line in lines], title=title)


def _tells(column: str, rows: list[Summary]) -> bool:
    """Whether a column says anything: verdicts are of controls, and most sweeps have no gaps and no prices."""
    match column:
        case "verdicts":
            return any(row.as_expected for row in rows)
        case "no score":
            return any(row.passed.infrastructure for row in rows)
        case "skipped":
            return any(row.skipped for row in rows)
        case "cost":
            return any(row.cost_usd is not None or row.known_cost_usd for row in rows) or not rows[0].control
    return True


def _cells(row: Summary) -> list[Text]:
    """One text for each of _COLUMNS."""
    n = row.passed.scored
    right, of = row.as_expected or (0, 0)
    return [
        tui_name(row.tui, verified=row.tui_verified),
        Text(row.model),
        Text(str(row.passed)),
        Text(f"{right}/{of}", style="green" if right == of else "bold red"),
        Text(str(row.passed.infrastructure)),
        Text(str(row.skipped)),
        *(_figure(v, n, "{:.2f}") for v in (row.integrity, row.fidelity, row.blast_radius)),
        _figure(row.tokens, n, "{:,.0f}"),
        _cost(row),
        _figure(row.wall_s, n, "{:.1f} s"),
    ]


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
    unfit = [r for _, r in result.cells if r and r.not_citable_because and FAILURES[r.outcome].scored]
    for reason, n in Counter("; ".join(r.not_citable_because) for r in unfit).most_common():
        console.print(Text.assemble((f"{n} not citable: ", "bold yellow"), reason))
    for why, n in Counter(result.left.values()).most_common():
        console.print(Text.assemble((f"{n} not started: {why.outcome}: ", "bold yellow"), why.reason))
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
