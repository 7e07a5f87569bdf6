"""score: axes from evidence only, live and from a stored attempt alike."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from codingagentbench.catalog.load import Catalog, ModelEntry, TaskFolder
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import UsageError
from codingagentbench.runner.grade import apply_patch
from codingagentbench.runner.prepare import make_template
from codingagentbench.runner.token_report import read_token_report
from codingagentbench.scoring.evidence import Evidence, SourcePair
from codingagentbench.scoring.score import composites, score
from codingagentbench.scoring.verdicts import control_verdict
from codingagentbench.store.attempts import Attempt
from codingagentbench.store.axes import Axes, Composite
from codingagentbench.store.record import AskedCommand, Changes, ControlVerdict, Grade, ModelCall
from codingagentbench.sweep.failures import FAILURES

NOTHING_COLLECTED = Changes(changes=[], extra_git_dir=False, truncated=True)


def evidence_of(
    task: TaskFolder,
    tui: Tui,
    *,
    changes: Changes | None,
    sources: Mapping[str, SourcePair],
    calls: Sequence[ModelCall] | None,
    grade: Grade | None,
    commands: Sequence[AskedCommand] | None,
    output: str,
    wall_clock_ms: float | None,
    container_active_ms: float | None,
) -> Evidence:
    """What scoring may see of an attempt. `changes` is None when the run did not get as far as collecting."""
    prompt_tokens, completion_tokens = read_token_report(tui.token_report, output)
    return Evidence(
        task=task.task,
        changes=changes or NOTHING_COLLECTED,
        sources=sources,
        model_calls=calls,
        grade=grade,
        commands=commands,
        droppings=tui.droppings,
        wall_clock_ms=wall_clock_ms,
        container_active_ms=container_active_ms,
        tui_reported_prompt_tokens=prompt_tokens,
        tui_reported_completion_tokens=completion_tokens,
    )


def verdict_of(model: ModelEntry, axes: Axes, outcome: str, *, plugged: bool = False) -> ControlVerdict | None:
    """Whether a control got the verdict that it must get; None for other models, and where nothing can be said.

    A cell that our own machinery kept from being scored shows nothing of the control: it is missing data. A CLI that
    never called its model does: a control must be called.
    """
    unseen = FAILURES[outcome].cause in {"sandbox", "harness"} and outcome != "no_model_calls"
    return None if model.control is None or unseen else control_verdict(model.control, axes, plugged=plugged)


def rescore(attempt: Attempt, catalog: Catalog) -> tuple[Axes, dict[str, Composite]]:
    """Score a stored attempt again, running nothing of it.

    Raises UsageError when the catalogue's task is not the one that the record was made with.
    """
    record = attempt.record
    task = catalog.task(record.task_id)
    if task.digest != record.task_digest:
        msg = (
            f"{record.cell_id}: was run on task {record.task_digest}, the catalogue holds {task.digest}: "
            "check out the catalogue of that version, or run the cell again"
        )
        raise UsageError(msg)
    evidence = evidence_of(
        task,
        catalog.tui(record.tui).tui,
        changes=attempt.changes(),
        sources=_stored_sources(attempt, task, catalog),
        calls=attempt.model_calls() or (None if record.axes.tokens.model_calls is None else []),
        grade=attempt.grade(),
        commands=attempt.commands(),
        output=_text(attempt.folder / "agent.log"),
        wall_clock_ms=record.axes.latency.wall_clock_ms,
        container_active_ms=record.axes.latency.container_active_ms,
    )
    axes = score(evidence)
    return axes, composites(axes)


def _stored_sources(attempt: Attempt, task: TaskFolder, catalog: Catalog) -> Mapping[str, SourcePair]:
    with tempfile.TemporaryDirectory(prefix="cab-score-") as scratch:
        applied = attempt.record.applied_plugins
        plugins = [catalog.plugin(name).plugin for name in (applied.applied if applied else [])]
        template = make_template(task, plugins, Path(scratch) / "template")
        patch = (attempt.folder / "diff.patch").read_bytes()
        return apply_patch(template, attempt.changes(), patch, Path(scratch) / "tree").sources


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
