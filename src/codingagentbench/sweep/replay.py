"""Replays: recorded cells run again on their own replies, without a network, and held against the original."""

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.load import Catalog, ModelEntry
from codingagentbench.catalog.model import Endpoint, EndpointModel
from codingagentbench.catalog.tui import launch_digest
from codingagentbench.errors import SetupError, UsageError
from codingagentbench.gateway.cassettes.cassette import Cassette
from codingagentbench.gateway.cassettes.difference import Difference, differences
from codingagentbench.gateway.cassettes.player import Player, ReplayFacts, Timing
from codingagentbench.gateway.server import Gateway
from codingagentbench.runner.cell import run_cell
from codingagentbench.runner.kit import Kit, Templates, make_scratch
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.engines import engine
from codingagentbench.sandbox.leftovers import clear_up_at_start
from codingagentbench.sandbox.owner import mark
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell
from codingagentbench.sweep.run import sole_runner
from codingagentbench.sweep.setup import Available, make_available

FOLDER = "replays"
"""Below the results: a results folder of its own, which every verb takes with --results."""
_TIMES = {"pass_rate": ("stdout_tail", "stderr_tail"), "latency": None}
"""What is not compared: the axis of time, and output that tells times."""


@dataclass(frozen=True)
class ReplayOptions:
    """What the command line says."""

    results: Path
    store: Path
    sandbox: str | None = None
    """None: the engine that each cell was recorded in."""
    workers: int | None = None
    timing: Timing = "fast"


@dataclass(frozen=True)
class Replayed:
    """One replay: the original's record and its own, and where they differ in more than time."""

    original: Record
    record: Record
    facts: ReplayFacts
    notes: list[str] = field(default_factory=list)

    @property
    def differences(self) -> list[Difference]:
        """Outcome, exit code, and every axis but time."""
        return differences(compared(self.original), compared(self.record))

    @property
    def same(self) -> bool:
        """The same grade and the same axes but time, by the recorded calls and no others."""
        return not self.facts.divergences and not self.differences


def compared(record: Record) -> dict[str, Any]:
    """What a replay must reproduce."""
    axes = msgspec.to_builtins(record.axes)
    for axis, keys in _TIMES.items():
        if keys is None:
            del axes[axis]
            continue
        for key in keys:
            del axes[axis][key]
    return {"outcome": record.outcome, "exit_code": record.exit_code, **axes}


def run_replays(
    cassettes: Sequence[Cassette],
    catalog: Catalog,
    options: ReplayOptions,
    *,
    log: Callable[[str], None],
    ended: Callable[[Replayed], None],
) -> list[Replayed]:
    """Replay every cassette; sealed records are not touched, the replays' go to `<results>/replays`.

    Raises UsageError where the task or the TUI is another one than the recorded, SetupError where this machine lacks
    something, before anything runs.
    """
    catalog = _with_recorded_models(catalog, cassettes)
    engines = {name: engine(name, hidden=[*catalog.roots, options.results]) for name in _engines(cassettes, options)}
    bundles: dict[str, Bundle] = {}
    plugins: dict[str, Bundle] = {}
    for name, sandbox in engines.items():
        sandbox.preflight()
        available = _available([c for c in cassettes if _engine(c, options) == name], catalog, sandbox, options, log)
        bundles |= available.bundles
        plugins |= available.plugins
    notes = [_notes(cassette, catalog, bundles) for cassette in cassettes]
    replays = _Replays(catalog, engines, bundles, plugins, options, ended)
    with sole_runner(options.results / FOLDER), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(replays.run(list(zip(cassettes, notes, strict=True))))


@dataclass(frozen=True)
class _Replays:
    catalog: Catalog
    engines: dict[str, Sandbox]
    bundles: dict[str, Bundle]
    plugins: dict[str, Bundle]
    options: ReplayOptions
    ended: Callable[[Replayed], None]

    async def run(self, todo: list[tuple[Cassette, list[str]]]) -> list[Replayed]:
        slots = asyncio.Semaphore(self.options.workers or os.cpu_count() or 1)
        async with Gateway() as gateway:
            clear_up_at_start()
            with make_scratch() as scratch:
                mark(Path(scratch))
                templates = Templates(Path(scratch))

                async def one(cassette: Cassette, notes: list[str]) -> Replayed:
                    async with slots:
                        replayed = await self._replay(cassette, notes, gateway, templates)
                    self.ended(replayed)
                    return replayed

                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(one(cassette, notes)) for cassette, notes in todo]
        return [task.result() for task in tasks]

    async def _replay(self, cassette: Cassette, notes: list[str], gateway: Gateway, templates: Templates) -> Replayed:
        record = cassette.record
        volatile = self.catalog.tui(record.tui).tui.volatile
        player = await asyncio.to_thread(Player, cassette, volatile, self.options.timing)
        kit = Kit(
            catalog=self.catalog,
            engine=self.engines[_engine(cassette, self.options)],
            gateway=gateway,
            bundles=self.bundles,
            plugin_bundles=self.plugins,
            results=self.options.results / FOLDER,
            scratch=templates.folder,
            templates=templates,
            players={record.cell_id: player},
            day=dt.datetime.fromisoformat(record.started_at).date(),
        )
        return Replayed(record, await run_cell(_cell(cassette), kit), player.facts(), notes)


def _cell(cassette: Cassette) -> PlannedCell:
    record = cassette.record
    return PlannedCell(
        cell_id=record.cell_id,
        sweep_id=record.sweep_id,
        tui=record.tui,
        model=record.model,
        task_id=record.task_id,
        plugin_stack=tuple(record.plugin_stack),
        repetition=record.repetition,
        timeout_s=cassette.timeout_s,
        digests=None,
    )


def _engine(cassette: Cassette, options: ReplayOptions) -> str:
    return options.sandbox or cassette.record.sandbox.engine


def _engines(cassettes: Sequence[Cassette], options: ReplayOptions) -> list[str]:
    return sorted({_engine(cassette, options) for cassette in cassettes})


def _available(
    cassettes: Sequence[Cassette],
    catalog: Catalog,
    sandbox: Sandbox,
    options: ReplayOptions,
    log: Callable[[str], None],
) -> Available:
    tuis = sorted({cassette.record.tui for cassette in cassettes})
    tasks = sorted({cassette.record.task_id for cassette in cassettes})
    plugins = sorted({name for cassette in cassettes for name in cassette.record.plugin_stack})
    available = make_available(catalog, tuis, tasks, engine=sandbox, store=options.store, log=log, plugins=plugins)
    if missing := {**available.missing_tuis, **available.missing_tasks, **available.missing_plugins}:
        raise SetupError("\n".join(f"{name}: {reason}" for name, reason in missing.items()))
    return available


def _notes(cassette: Cassette, catalog: Catalog, bundles: dict[str, Bundle]) -> list[str]:
    """What differs from the recording and need not change its result. Raises UsageError for what must."""
    record, bundle = cassette.record, bundles[cassette.record.tui]
    task = catalog.task(record.task_id)
    if task.digest != record.task_digest:
        msg = (
            f"{record.cell_id}: was recorded on task {record.task_digest}, the catalogue holds {task.digest}: "
            "check out the catalogue of that version"
        )
        raise UsageError(msg)
    if bundle.version != record.tui_version:
        msg = (
            f"{record.cell_id}: was recorded with {record.tui} {record.tui_version}, the catalogue holds "
            f"{bundle.version}: check out the catalogue of that version"
        )
        raise UsageError(msg)
    entry = launch_digest(catalog.tui(record.tui).tui)
    notes = []
    if bundle.digest != record.receipt.tui_bundle:
        notes.append(f"the bundle of {record.tui} is {bundle.digest}, it was {record.receipt.tui_bundle}")
    if record.receipt.tui_entry not in {None, entry}:
        notes.append(f"the catalogue starts {record.tui} in another way than it was started when this was recorded")
    return notes


def _with_recorded_models(catalog: Catalog, cassettes: Sequence[Cassette]) -> Catalog:
    """A model's own catalogue entry, with its endpoint, is often on the machine alone that recorded it."""
    endpoint = Endpoint(name="cassette")
    recorded = {
        c.record.model: ModelEntry(c.record.model, None, endpoint, _model(c.record), Path("cassette"))
        for c in cassettes
        if c.record.model not in catalog.models
    }
    return catalog.with_models(recorded) if recorded else catalog


def _model(record: Record) -> EndpointModel:
    return EndpointModel(id=record.model, build=record.model_build_id if record.model_build_pinned else None)
