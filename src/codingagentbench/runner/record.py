"""The record of an attempt, put together from what its steps left."""

import datetime as dt
import hashlib
from pathlib import Path

from codingagentbench import __version__
from codingagentbench.catalog.plugins import plugin_digest
from codingagentbench.catalog.tui import launch_digest
from codingagentbench.runner.kit import harness_digest, host_facts
from codingagentbench.runner.score import evidence_of, verdict_of
from codingagentbench.runner.seal import file_digest
from codingagentbench.runner.state import CellRun
from codingagentbench.scoring.methodology import DEFAULT
from codingagentbench.scoring.score import composites, score
from codingagentbench.store.axes import Axes
from codingagentbench.store.record import Phases, Receipt, Record, SandboxFacts
from codingagentbench.sweep.failures import FAILURES, after_grading
from codingagentbench.sweep.plan import model_build_id
from codingagentbench.wording import counted


def make_record(run: CellRun) -> Record:
    """Score what there is, name the outcome, and state everything that identifies the attempt."""
    cell, model = run.cell, run.kit.catalog.model(run.cell.model)
    evidence = evidence_of(
        run.task,
        run.tui,
        changes=run.collected.changes if run.collected else None,
        sources=run.sources,
        calls=run.agent.calls if run.agent else None,
        grade=run.grade,
        commands=run.commands,
        output=run.agent.output if run.agent else "",
        wall_clock_ms=run.wall_clock_ms,
        container_active_ms=run.agent.exit.wall_s * 1000 if run.agent else None,
    )
    with run.phase("score"):
        axes = score(evidence)
        composite = composites(axes)
    outcome = run.outcome or after_grading(run.observed(), axes.pass_rate.pass_)
    ended = dt.datetime.now(dt.UTC)
    bundle = run.kit.bundles[cell.tui]
    reasons = _not_citable(run, axes, outcome)
    return Record(
        cell_id=cell.cell_id,
        sweep_id=cell.sweep_id,
        tui=cell.tui,
        tui_version=bundle.version,
        tui_verified=run.tui.verified,
        variant=run.task.task.variant,
        base_task=run.task.task.base_task,
        commitment=run.task.task.mutation.commitment if run.task.task.mutation else None,
        model=cell.model,
        model_build_id=model_build_id(model),
        model_build_pinned=model.control is not None or bool(model.model and model.model.build),
        control=model.control.behaviour if model.control else None,
        task_id=cell.task_id,
        task_version=run.task.task.version,
        task_digest=run.task.digest,
        plugin_stack=list(cell.plugin_stack),
        behavior_mode="plugged" if cell.plugin_stack else "factory",
        repetition=cell.repetition,
        attempt=run.attempt,
        container_image=run.image.name,
        image_digest=run.image.digest,
        sandbox=_sandbox(run),
        host=host_facts(),
        methodology_version=DEFAULT,
        harness_version=__version__,
        outcome=outcome,
        cause=FAILURES[outcome].cause,
        outcome_detail=run.detail or FAILURES[outcome].words,
        exit_code=run.agent.exit.exit_code if run.agent else None,
        timed_out=run.agent.exit.timed_out if run.agent else False,
        citable=not reasons,
        not_citable_because=reasons,
        started_at=_stamp(run.started),
        ended_at=_stamp(ended),
        duration_s=(ended - run.started).total_seconds(),
        phases=Phases(**run.phases),
        axes=axes,
        composite=composite,
        control_verdict=verdict_of(model, axes, outcome, plugged=bool(run.plugins) and run.taught),
        receipt=_receipt(run),
        applied_plugins=run.plugins,
    )


def _sandbox(run: CellRun) -> SandboxFacts:
    ended = run.agent.exit if run.agent else None
    return SandboxFacts(
        engine=run.kit.engine.name,
        version=run.kit.engine.version(),
        enforced=dict(ended.enforced) if ended else {},
        not_enforced=list(ended.not_enforced) if ended else [],
        toolchains={t.name: t.version for t in run.toolchains},
    )


def _not_citable(run: CellRun, axes: Axes, outcome: str) -> list[str]:
    reasons = []
    if run.player is not None:
        original = run.player.cassette.record
        reasons.append(f"a replay of attempt {original.attempt}: cite the original")
    if not run.kit.engine.isolated:
        reasons.append("run without a sandbox (--sandbox none)")
    if not FAILURES[outcome].scored:
        reasons.append(f"no score ({outcome})")
    elif axes.tokens.total_tokens is None:
        reasons.append("the endpoint reported no token usage for at least one call")
    elif axes.tokens.estimated_calls:
        calls = counted(axes.tokens.estimated_calls, "call")
        reasons.append(f"tokens of {calls} are estimated: the endpoint reported none")
    return reasons


def _receipt(run: CellRun) -> Receipt:
    bundle = run.kit.bundles[run.cell.tui]
    folder: Path = run.folder
    price = run.kit.price(run.cell.model)
    return Receipt(
        task=run.task.digest,
        image=run.image.digest,
        tui_bundle=bundle.digest,
        tui_entry=launch_digest(run.tui),
        plugins=_plugin_digests(run),
        prompt=f"sha256:{hashlib.sha256(run.task.prompt.encode()).hexdigest()}",
        transcript=file_digest(folder / "model_calls.jsonl"),
        trajectory=file_digest(folder / "trajectory.json"),
        terminal=file_digest(folder / "terminal.cast"),
        diff=file_digest(folder / "diff.patch"),
        grade=file_digest(folder / "grade.json"),
        prices=price.digest if price else None,
        harness=harness_digest(),
        replay_of=run.player.cassette.record_digest if run.player else None,
    )


def _plugin_digests(run: CellRun) -> dict[str, str]:
    bundles = {name: bundle.digest for name, bundle in run.kit.plugin_bundles.items()}
    return {e.plugin.name: plugin_digest(e, run.tui, bundles.get(e.plugin.name)) for e in run.stack}


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
