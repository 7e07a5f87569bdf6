"""The way of a cell: prepare, launch, agent, collect, grade, score, seal, in this order.

Whatever goes wrong on the way ends in a sealed record that says so; only a store that cannot be written and a
cancelled sweep leave no record, and then the cell counts as not run.
"""

import asyncio
import errno
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path

import msgspec

from codingagentbench.errors import CabError, SandboxError, StoreError
from codingagentbench.gateway.backends import CassetteBackend
from codingagentbench.gateway.cassettes.cassette import with_canonical_hashes
from codingagentbench.paths import cell_folder
from codingagentbench.removal import remove_tree
from codingagentbench.runner.agent import run_agent
from codingagentbench.runner.collect import collect
from codingagentbench.runner.commands import recorded_commands
from codingagentbench.runner.commits import committed_texts
from codingagentbench.runner.grade import apply_patch, grade
from codingagentbench.runner.kit import Kit
from codingagentbench.runner.launch import Launch, render_launch
from codingagentbench.runner.prepare import Prepared, Template, prepare
from codingagentbench.runner.record import make_record
from codingagentbench.runner.score import NOTHING_COLLECTED
from codingagentbench.runner.seal import open_attempt, seal, write_json, write_lines
from codingagentbench.runner.state import CellRun
from codingagentbench.runner.trace import Attrs, CellTrace, OpenSpan, redacted
from codingagentbench.runner.trajectory import Subject, make_trajectory
from codingagentbench.store.record import AppliedPlugins, ModelCall, Record
from codingagentbench.sweep.failures import FAILURES, before_grading
from codingagentbench.sweep.plan import PlannedCell

MS = 1_000_000


async def run_cell(cell: PlannedCell, kit: Kit) -> Record:
    """Run one cell and seal its record. Raises StoreError when the results cannot be written."""
    folder, attempt = open_attempt(cell_folder(kit.results, cell.cell_id))
    scratch = Path(tempfile.mkdtemp(dir=kit.scratch))
    task, tui = kit.catalog.task(cell.task_id), kit.catalog.tui(cell.tui).tui
    run = CellRun(cell, kit, task, tui, folder, attempt, scratch)
    try:
        await _walk(run)
        record = await asyncio.to_thread(_score_and_seal, run)
    except BaseException:
        remove_tree(folder)
        raise
    finally:
        await asyncio.to_thread(remove_tree, scratch)
    return record


async def _walk(run: CellRun) -> None:
    """The steps up to the grade; an error of ours becomes the outcome."""
    try:
        template = await asyncio.to_thread(run.kit.templates.get, run.kit.catalog, run.task, run.taken)
        run.toolchains = run.kit.toolchains(run.task)
        prepared = await _prepare(run, template)
        await _launch_and_run(run, prepared)
        await _collect(run, prepared)
        await _grade(run, template)
    except SandboxError as error:
        run.outcome = "sandbox_failed" if run.agent is None else "grader_failed"
        run.detail = str(error)
    except StoreError:
        raise
    except CabError as error:
        run.outcome, run.detail = "harness_error", str(error)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            msg = f"{error.filename or run.scratch}: {error.strerror}: free some space and run the same command again"
            raise StoreError(msg) from error
        run.outcome, run.detail = "harness_error", _as_text(error)
    except Exception as error:  # noqa: BLE001  # the task boundary: one broken cell must not end the sweep
        run.outcome, run.detail = "harness_error", _as_text(error)


async def _prepare(run: CellRun, template: Template) -> Prepared:
    attrs: Attrs = {
        "workdir": "SCRATCH/work",
        "task_category": run.task.task.family,
        "plugin_stack": list(run.cell.plugin_stack),
        "behavior_mode": "plugged" if run.cell.plugin_stack else "factory",
    }
    with run.phase("prepare"), run.trace.span("task_setup", f"prepare:{run.cell.task_id}", attrs=attrs):
        return await asyncio.to_thread(prepare, template, run.scratch)


async def _launch_and_run(run: CellRun, prepared: Prepared) -> None:
    name, began = run.cell.tui, time.perf_counter()
    attrs: Attrs = {"timeout_s": run.cell.timeout_s, "plugin_stack": list(run.cell.plugin_stack)}
    with run.trace.span("adapter_run", f"{name}:{run.cell.task_id}", attrs=attrs) as adapter:
        marker: Attrs = {"workdir": "SCRATCH/work", "git_dir_exists": True}
        with run.trace.span("task_setup", f"{name}:git-init-marker", adapter, marker):
            pass
        await _agent(run, prepared, adapter)
        adapter.attrs["exit_code"] = run.agent.exit.exit_code if run.agent else None
    run.wall_clock_ms = (time.perf_counter() - began) * 1000


def _applied_plugins(run: CellRun, plugins: AppliedPlugins, adapter: OpenSpan) -> None:
    attrs: Attrs = {
        "tui": run.cell.tui,
        "count": len(run.cell.plugin_stack),
        "applied": plugins.applied,
        "skipped": [f"{s.name}: {s.reason}" for s in plugins.skipped],
        "env_keys": plugins.env_keys,
        "extra_args": plugins.extra_args,
        "applied_count": len(plugins.applied),
        "skipped_count": plugins.skipped_count,
    }
    with run.trace.span("tool_call", "applied_plugins", adapter, attrs):
        pass


async def _agent(run: CellRun, prepared: Prepared, adapter: OpenSpan) -> None:
    bundle = run.kit.bundles[run.cell.tui]
    backend = run.kit.backend(run.cell, run.task)
    run.player = backend.player if isinstance(backend, CassetteBackend) else None
    opened_ns = time.time_ns()
    with run.phase("launch"):
        session = run.kit.gateway.open_cell(
            cell_id=run.cell.cell_id,
            model=run.cell.model,
            backend=backend,
            bodies=run.folder / "bodies.zst",
            price=run.kit.price(run.cell.model),
            grant_tools=run.kit.grant_tools,
        )
        run.scrubber = session.scrubber
        if run.player is None:  # a recorded cell was held to its budget when it ran
            session.spending.ledger = run.kit.budgets.ledger(run.cell, run.task.task.budget.max_turns)
        launch = render_launch(
            run.tui,
            bundle,
            run.task,
            run.toolchains,
            prepared,
            model=run.cell.model,
            token=session.token,
            timeout_s=run.cell.timeout_s,
            stack=run.stack,
            plugin_bundles=run.kit.plugin_bundles,
        )
        run.plugins = launch.plugins
        _applied_plugins(run, launch.plugins, adapter)
    limits = replace(run.kit.limits, wall_s=run.cell.timeout_s)
    with run.phase("agent"), run.trace.span("container", f"{run.cell.tui}:launch", adapter) as container:
        container.attrs |= _container_attrs(run, launch, session.token)
        run.agent = await run_agent(run.kit.engine, session, launch, prepared, limits, run.folder, run.cell.cell_id)
        run.agent = replace(run.agent, calls=await asyncio.to_thread(_canonical, run, run.agent.calls))
        ended = run.agent.exit
        container.attrs |= {"exit_code": ended.exit_code, "duration_s": ended.wall_s, "timed_out": ended.timed_out}
        container.attrs |= {"cpu_s": ended.cpu_s, "peak_memory_bytes": ended.peak_memory_bytes}
        run.commands = recorded_commands(run.agent.calls, run.folder / "bodies.zst", run.tui.hands)
        for call in run.agent.calls:
            _trace_call(run.trace, container, call, opened_ns)


def _canonical(run: CellRun, calls: list[ModelCall]) -> list[ModelCall]:
    return with_canonical_hashes(calls, run.folder / "bodies.zst", run.tui.volatile)


def _container_attrs(run: CellRun, launch: Launch, token: str) -> Attrs:
    return {
        "image": run.image.name,
        "argv": redacted(launch.argv, {token: "sk-REDACTED"}),
        "timeout_s": run.cell.timeout_s,
    }


def _trace_call(trace: CellTrace, parent: OpenSpan, call: ModelCall, opened_ns: int) -> None:
    start_ns = opened_ns + int(call.start_ms * MS)
    attrs: Attrs = {
        "#": call.number,
        "gen_ai.request.model": call.model,
        "gen_ai.usage.input_tokens": call.prompt_tokens,
        "gen_ai.usage.output_tokens": call.completion_tokens,
        "gen_ai.response.finish_reasons": [call.finish_reason] if call.finish_reason else [],
        "http.response.status_code": call.status,
        "wire": call.wire,
        "ttft_ms": call.ttft_ms,
    }
    trace.past(
        "model_call",
        f"{call.wire} {call.model}",
        start_ns=start_ns,
        end_ns=start_ns + int(call.latency_ms * MS),
        parent=parent,
        error=call.error,
        attrs=attrs,
    )


async def _collect(run: CellRun, prepared: Prepared) -> None:
    let_loose = run.agent.let_loose_ns if run.agent else None
    outputs = [*run.task.task.build_outputs]
    for name in run.task.task.toolchains:
        outputs += run.kit.catalog.toolchain(name).build_outputs
    with run.phase("collect"):
        run.collected = await asyncio.to_thread(
            collect,
            prepared,
            droppings=run.tui.droppings,
            build_outputs=outputs,
            let_loose_ns=let_loose,
            scrubber=run.scrubber,
        )
        if run.task.task.behaviour and run.task.task.behaviour.must_not_contain:
            texts = run.task.task.behaviour.must_not_contain
            committed = await asyncio.to_thread(committed_texts, prepared, texts)
            changes = msgspec.structs.replace(run.collected.changes, committed_texts=committed)
            run.collected = replace(run.collected, changes=changes)
    with run.trace.span("cleanup", f"cleanup:{run.cell.tui}"):
        await asyncio.to_thread(remove_tree, prepared.work)


async def _grade(run: CellRun, template: Template) -> None:
    if run.collected is None or run.agent is None:
        return
    ungraded = before_grading(run.observed())
    if ungraded is not None:
        run.outcome = ungraded
        if run.player is not None and run.player.divergences:
            run.detail = f"{FAILURES[ungraded].words} {run.player.divergences[0]}"
        return
    with run.phase("grade"), run.trace.span("grader", f"grade:{run.cell.task_id}") as span:
        patched = await asyncio.to_thread(
            apply_patch, template, run.collected.changes, run.collected.patch, run.scratch / "graded"
        )
        run.sources = dict(patched.sources)
        run.grade = await grade(
            run.kit.engine,
            run.task,
            template,
            patched,
            run.toolchains,
            run.scratch / "grader-home",
            run.cell.cell_id,
            run.kit.limits,
        )
        span.attrs |= {"exit_code": run.grade.exit_code, "timed_out": run.grade.timed_out}


def _score_and_seal(run: CellRun) -> Record:
    clean = run.scrubber.struct
    try:
        _write_evidence(run)
        record = clean(_scored(run))
    except OSError as error:
        msg = f"{error.filename or run.folder}: {error.strerror}: free some space and run the same command again"
        raise StoreError(msg) from error
    seal(run.folder, record, [clean(span) for span in run.trace.spans()])
    return record


def _scored(run: CellRun) -> Record:
    """The record; where an error of ours keeps the evidence from being scored, one that says so."""
    try:
        _write_trajectory(run)
        return make_record(run)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # the task boundary: one broken cell must not end the sweep
        nothing = replace(run, agent=None, collected=None, commands=None, grade=None, sources={})
        return make_record(replace(nothing, outcome="harness_error", detail=_as_text(error)))


def _write_evidence(run: CellRun) -> None:
    clean = run.scrubber.struct
    write_lines(run.folder / "model_calls.jsonl", [clean(call) for call in run.agent.calls] if run.agent else [])
    write_json(run.folder / "changes.json", clean(run.collected.changes if run.collected else NOTHING_COLLECTED))
    if run.commands is not None:
        write_lines(run.folder / "commands.jsonl", [clean(command) for command in run.commands])
    (run.folder / "diff.patch").write_bytes(run.scrubber.clean(run.collected.patch) if run.collected else b"")
    if run.player is not None:
        write_json(run.folder / "replay.json", run.player.facts())
    if run.grade is not None:
        write_json(run.folder / "grade.json", clean(run.grade))


def _write_trajectory(run: CellRun) -> None:
    subject = Subject(
        cell_id=run.cell.cell_id,
        attempt=run.attempt,
        tui=run.cell.tui,
        tui_version=run.kit.bundles[run.cell.tui].version,
        model=run.cell.model,
    )
    trajectory = make_trajectory(subject, run.agent.calls if run.agent else [], run.folder / "bodies.zst")
    if trajectory is not None:
        write_json(run.folder / "trajectory.json", run.scrubber.struct(trajectory))


def _as_text(error: Exception) -> str:
    """The error with where it came from, without the paths of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return f"{type(error).__name__} at {where}: {error}"
