"""A sweep from its spec to its last sealed cell: set up, plan, run what is missing, say what came of it."""

import asyncio
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from codingagentbench.catalog.budget import Ceiling
from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.doctor.verdicts import refuse_bad_tasks
from codingagentbench.errors import StoreError, UsageError
from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.server import Gateway
from codingagentbench.gateway.translate import endpoint_wire
from codingagentbench.paths import cell_folder
from codingagentbench.runner.backend import backend_for
from codingagentbench.runner.kit import Kit, Templates, make_scratch
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.capabilities import check_required
from codingagentbench.sandbox.engines import engine
from codingagentbench.sandbox.leftovers import clear_up_at_start
from codingagentbench.sandbox.owner import mark
from codingagentbench.store.attempts import read_attempt, sealed_attempts
from codingagentbench.store.record import Record
from codingagentbench.sweep.admission import Admission
from codingagentbench.sweep.budgets import Budgets, budgeted
from codingagentbench.sweep.executors.local import Hooks, Left, run_local
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.held_out import with_held_out
from codingagentbench.sweep.journal import Journal
from codingagentbench.sweep.plan import PlannedCell, plan_cells
from codingagentbench.sweep.setup import Available, make_available
from codingagentbench.sweep.stale import changed_since
from codingagentbench.wording import counted

MIN_FREE_BYTES = 256 << 20


@dataclass(frozen=True)
class SweepOptions:
    """What the command line adds to a spec."""

    results: Path
    store: Path
    sandbox: str = "bubblewrap"
    endpoint: str | None = None
    retry_infra: bool = False
    workers: int | None = None
    budget: Ceiling = field(default_factory=Ceiling)
    """Of the whole sweep; replaces what the spec says, kind by kind."""
    cell_budget: Ceiling = field(default_factory=Ceiling)


@dataclass
class Watcher:
    """Told what happens, for a progress display; the default watches nothing."""

    log: Callable[[str], None] = lambda _: None
    planned: Callable[[list[PlannedCell], int], None] = lambda _cells, _sealed: None
    """All cells of the plan, and how many need not be run."""
    started: Callable[[PlannedCell], None] = lambda _: None
    ended: Callable[[PlannedCell, Record], None] = lambda _cell, _record: None
    left: Callable[[PlannedCell, str], None] = lambda _cell, _reason: None
    """A cell that was not started, and why."""
    paused: Callable[[str, str | None], None] = lambda _endpoint, _words: None
    """An endpoint that is paused, and why; None when calls go through again."""


@dataclass
class SweepResult:
    """Every cell of the plan with its newest sealed record, None for one that was skipped."""

    spec: SweepSpec
    cells: list[tuple[PlannedCell, Record | None]] = field(default_factory=list)
    ran: int = 0
    left: dict[str, Left] = field(default_factory=dict)
    """Cells that were not started: missing data, and the next command's to run."""

    @property
    def deviations(self) -> list[Record]:
        """Controls that did not get their verdict."""
        return [r for _, r in self.cells if r and r.control_verdict and not r.control_verdict.as_expected]

    @property
    def without_score(self) -> list[Record]:
        """Cells that ran and have no score."""
        return [r for _, r in self.cells if r and not FAILURES[r.outcome].scored]

    @property
    def skipped(self) -> list[PlannedCell]:
        """Cells that this machine cannot run."""
        return [c for c, r in self.cells if r is None and c.cell_id not in self.left]

    @property
    def exit_code(self) -> int:
        """3 when a control deviates, else 1 when a cell has no score or was not started, else 0."""
        return 3 if self.deviations else 1 if self.without_score or self.left else 0


def run_sweep(spec: SweepSpec, catalog: Catalog, options: SweepOptions, watcher: Watcher | None = None) -> SweepResult:
    """Run what is missing of `spec` (already resolved against `catalog`).

    Raises UsageError and SetupError before anything ran, StoreError when results cannot be written.
    """
    watcher = watcher or Watcher()
    sandbox = engine(options.sandbox, hidden=[*catalog.hidden, options.results])
    check_required(sandbox, spec.require)
    sandbox.preflight()
    if spec.held_out is not None:
        with sole_runner(options.results / spec.id):
            spec, catalog = with_held_out(spec, catalog, sandbox, options.results, options.workers, watcher.log)
    spec = budgeted(spec, catalog, sweep=options.budget, cell=options.cell_budget)
    _check_backends(spec, catalog, options, watcher)
    _check_tasks(spec, catalog, watcher)
    folder = options.results / spec.id
    with sole_runner(folder):
        _check_space(folder)
        available = make_available(
            catalog,
            spec.tuis,
            spec.tasks,
            engine=sandbox,
            store=options.store,
            log=watcher.log,
            plugins=[name for stack in spec.stacks for name in stack],
        )
        planned = list(
            plan_cells(
                spec,
                catalog,
                available.bundles,
                available.missing_tuis,
                available.missing_tasks,
                engine=sandbox,
                plugin_bundles=available.plugins,
                missing_plugins=available.missing_plugins,
            )
        )
        journal = Journal(folder / "journal.sqlite")
        try:
            journal.plan(planned)
            sealed = _sealed(planned, journal, options, watcher)
            todo = [c for c in planned if c.cell_id not in sealed and c.skip is None]
            watcher.planned(planned, len(planned) - len(todo))
            sweep = _Sweep(spec, catalog, sandbox, available, options, journal, watcher)
            ran, left = _execute(todo, sweep, _budgets(planned, sweep))
        finally:
            journal.close()
    records = {**sealed, **ran}
    return SweepResult(spec, [(c, records.get(c.cell_id)) for c in planned], len(ran), left)


@dataclass(frozen=True)
class _Sweep:
    spec: SweepSpec
    catalog: Catalog
    sandbox: Sandbox
    available: Available
    options: SweepOptions
    journal: Journal
    watcher: Watcher


def _execute(todo: list[PlannedCell], sweep: _Sweep, budgets: Budgets) -> tuple[dict[str, Record], dict[str, Left]]:
    """Run `todo`, journalling each cell as it starts and is sealed; the records, and what was left and why."""
    records: dict[str, Record] = {}
    left: dict[str, Left] = {}

    def started(cell: PlannedCell) -> None:
        sweep.journal.mark(cell.cell_id, "running")
        sweep.watcher.started(cell)

    def ended(cell: PlannedCell, record: Record) -> None:
        sweep.journal.mark(cell.cell_id, "sealed", outcome=record.outcome, attempt=record.attempt)
        records[cell.cell_id] = record
        sweep.watcher.ended(cell, record)

    def leave(cell: PlannedCell, why: Left) -> None:
        sweep.journal.leave(cell, why.outcome, why.reason)
        left[cell.cell_id] = why
        sweep.watcher.left(cell, why.reason)

    async def run() -> None:
        workers = sweep.options.workers or sweep.spec.workers or os.cpu_count() or 1
        async with Gateway() as gateway:
            clear_up_at_start()
            with make_scratch() as scratch:
                mark(Path(scratch))
                kit = Kit(
                    catalog=sweep.catalog,
                    engine=sweep.sandbox,
                    gateway=gateway,
                    bundles=sweep.available.bundles,
                    plugin_bundles=sweep.available.plugins,
                    results=sweep.options.results,
                    scratch=Path(scratch),
                    templates=Templates(Path(scratch)),
                    endpoint_override=sweep.options.endpoint,
                    grant_tools=sweep.spec.grant_tools,
                    budgets=budgets,
                )
                admission = Admission(kit, sweep.watcher.paused)

                def over(cell: PlannedCell, record: Record) -> None:
                    admission.ended(cell)
                    ended(cell, record)

                hooks = Hooks(started, over, admission, leave)
                await run_local(todo, kit, workers=workers, hooks=hooks)

    try:
        if todo:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(run())
    finally:
        budgets.close()
    return records, left


def _budgets(planned: list[PlannedCell], sweep: _Sweep) -> Budgets:
    """The sweep's accounts, with what earlier commands spent."""
    budgets = Budgets(sweep.spec.budget, sweep.options.results / sweep.spec.id)
    if budgets.is_new:
        folders = [f for c in planned for f in sealed_attempts(cell_folder(sweep.options.results, c.cell_id))]
        if unknown := budgets.seed(read_attempt(folder).record for folder in folders):
            sweep.watcher.log(f"{unknown} earlier attempts do not know what they spent: the budget counts them as 0")
    return budgets


def _sealed(planned: list[PlannedCell], journal: Journal, options: SweepOptions, watcher: Watcher) -> dict[str, Record]:
    """Records of cells that need not run again; the journal is brought in line with the folders."""
    states = {row.plan.cell_id: row.state for row in journal.rows()}
    kept: dict[str, Record] = {}
    stale: Counter[tuple[str, ...]] = Counter()
    for cell in planned:
        if cell.skip is not None:
            journal.mark(cell.cell_id, "skipped", outcome=cell.skip_outcome)
            continue
        folders = sealed_attempts(cell_folder(options.results, cell.cell_id))
        record = read_attempt(folders[-1]).record if folders else None
        if record is None or (options.retry_infra and FAILURES[record.outcome].retry):
            wanted = "planned"
        elif changed := changed_since(cell, record):
            wanted = "planned"
            stale[changed] += 1
        else:
            wanted, kept[cell.cell_id] = "sealed", record
        if states.get(cell.cell_id) != wanted:
            _mark(journal, cell, wanted, record)
    for changed, n in stale.most_common():
        watcher.log(f"{n} sealed cells are of another {' and '.join(changed)}: they run again as new attempts")
    return kept


def _mark(journal: Journal, cell: PlannedCell, state: str, record: Record | None) -> None:
    if state == "sealed" and record is not None:
        journal.mark(cell.cell_id, "sealed", outcome=record.outcome, attempt=record.attempt)
    else:
        journal.mark(cell.cell_id, "planned")


def _check_tasks(spec: SweepSpec, catalog: Catalog, watcher: Watcher) -> None:
    """A task that the doctor found bad measures nothing, so it is not run; one that it never saw is said to be one."""
    unseen = refuse_bad_tasks(catalog.task(name) for name in spec.tasks)
    if unseen:
        of = counted(len(spec.tasks), "task")
        watcher.log(f"not examined on this machine: {len(unseen)} of {of}: `cab task doctor --all`")


def _check_backends(spec: SweepSpec, catalog: Catalog, options: SweepOptions, watcher: Watcher) -> None:
    """A missing key or address is said now, not in every cell; so is what will be translated."""
    for model in spec.models:
        for tui in spec.tuis:
            entry = catalog.tui(tui).tui
            backend = backend_for(catalog.model(model), catalog.task(spec.tasks[0]), entry, options.endpoint)
            if isinstance(backend, EndpointBackend) and entry.wire not in backend.wires:
                watcher.log(_translated(tui, entry.wire, model, backend.wires))


def _translated(tui: str, wire: str, model: str, spoken: Sequence[str]) -> str:
    """What to say of a pair that needs translation. Raises UsageError for one that cannot have it."""
    chosen = endpoint_wire(wire, spoken)
    if chosen is None:
        msg = f"{tui} speaks {wire}, the endpoint of {model} only {', '.join(spoken)}: leave one of them out"
        raise UsageError(msg)
    return f"{tui} speaks {wire}, the endpoint of {model} does not: its calls are translated to {chosen}"


@contextmanager
def sole_runner(folder: Path) -> Iterator[None]:
    """One process a sweep; the lock goes with the process, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a+")
    except OSError as error:
        msg = f"{folder}: results cannot be written there: {error.strerror}: choose another place with --results"
        raise StoreError(msg) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"{folder}: another process is running this sweep: wait for it, or give this one another id"
            raise UsageError(msg) from error
        yield


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        msg = f"{folder}: only {free >> 20} MiB free: at least {MIN_FREE_BYTES >> 20} are needed to run a sweep"
        raise StoreError(msg)
