"""One task's examination: every control's work laid down without a model, collected, graded for real, and scored.

What the agent phase would do is done here by hand (a control's files written, its command lines taken as asked for);
everything after it is the way of a cell: collect, a pristine grading sandbox, the axes.
"""

import asyncio
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.catalog.load import Catalog, TaskFolder
from codingagentbench.catalog.task_faults import NONCE
from codingagentbench.doctor.forge import forged_lines, forgery
from codingagentbench.doctor.static import static_faults
from codingagentbench.errors import SetupError
from codingagentbench.gateway.backends import Behaviour, ControlBackend
from codingagentbench.gateway.controls.shell import commands
from codingagentbench.gateway.controls.work import Work, wanted
from codingagentbench.runner.collect import collect
from codingagentbench.runner.git import git
from codingagentbench.runner.grade import apply_patch, grade
from codingagentbench.runner.prepare import Template, make_template, prepare
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.toolchains import FoundToolchain, find_toolchain
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.pass_rate import reported_tests
from codingagentbench.scoring.score import score
from codingagentbench.scoring.verdicts import deviations_from
from codingagentbench.store.axes import Axes
from codingagentbench.store.record import AskedCommand, Grade

ORACLE_RUNS = 3
BUDGET_FACTOR = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """One piece of work, graded and scored."""

    axes: Axes
    grade: Grade
    digest: str
    """Over everything of the result that may not differ from run to run."""


@dataclass
class Examination:
    """What came of a task. `ok` None: this machine cannot examine it, `failed` says why."""

    task_id: str
    language: str
    digest: str
    ok: bool | None = None
    failed: list[str] = field(default_factory=list)
    oracle: str = "-"
    """Passed of runs."""
    noop: str = "-"
    tests: str = "-"
    """Seen to pass of listed."""
    forged: str = "-"
    seconds: float = 0.0
    grade_seconds: float | None = None
    """The longest of the oracle's gradings."""


async def examine(catalog: Catalog, task: TaskFolder, engine: Sandbox) -> Examination:
    """All checks of one task. Raises SandboxError where a sandbox cannot be made."""
    began = time.perf_counter()
    found = Examination(task.task.id, task.task.language, task.digest)
    found.failed += await asyncio.to_thread(static_faults, task)
    try:
        toolchains = [find_toolchain(catalog.toolchain(name)) for name in task.task.toolchains]
    except SetupError as error:
        found.failed.insert(0, str(error))
        return found
    with tempfile.TemporaryDirectory(prefix="cab-doctor-", ignore_cleanup_errors=True) as scratch:
        ward = await asyncio.to_thread(make_ward, catalog, task, engine, toolchains, Path(scratch))
        found.failed += await _checks(ward, found)
    found.ok = not found.failed
    found.seconds = time.perf_counter() - began
    return found


@dataclass(frozen=True)
class Ward:
    """What all trials of a task share."""

    catalog: Catalog
    task: TaskFolder
    engine: Sandbox
    toolchains: list[FoundToolchain]
    scratch: Path
    template: Template

    def control(self, behaviour: Behaviour) -> Work:
        """The work of a control on this task."""
        return wanted(ControlBackend(behaviour, self.task.task, self.task.workdir, self.task.solution, ()))

    async def trial(self, name: str, work: Work) -> Trial:
        """Lay the work down, collect, grade in a fresh sandbox, score; the folders go when it is over."""
        folder = self.scratch / name
        try:
            return await self._trial(folder, work)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _trial(self, folder: Path, work: Work) -> Trial:
        prepared = await asyncio.to_thread(prepare, self.template, folder)
        await asyncio.to_thread(_lay, work, prepared.work)
        outputs = [*self.task.task.build_outputs]
        for name in self.task.task.toolchains:
            outputs += self.catalog.toolchain(name).build_outputs
        collected = await asyncio.to_thread(collect, prepared, droppings=(), build_outputs=outputs, let_loose_ns=None)
        patched = await asyncio.to_thread(
            apply_patch, self.template, collected.changes, collected.patch, folder / "graded"
        )
        home, name = folder / "grader-home", f"doctor/{self.task.task.id}"
        graded = await grade(self.engine, self.task, self.template, patched, self.toolchains, home, name)
        asked = [AskedCommand(call=n, tool="shell", line=line) for n, line in enumerate(commands(work), 1)]
        evidence = Evidence(
            task=self.task.task,
            changes=collected.changes,
            sources=patched.sources,
            model_calls=[],
            grade=graded,
            droppings=(),
            wall_clock_ms=None,
            container_active_ms=None,
            commands=asked,
        )
        axes = await asyncio.to_thread(score, evidence)
        return Trial(axes, graded, _digest(axes, graded, collected.patch))


def make_ward(
    catalog: Catalog, task: TaskFolder, engine: Sandbox, toolchains: list[FoundToolchain], scratch: Path
) -> Ward:
    """The task's trials share one template below `scratch`."""
    return Ward(catalog, task, engine, toolchains, scratch, make_template(task, [], scratch / "template"))


def _lay(work: Work, tree: Path) -> None:
    for path, content in work.writes.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for path in work.deletes:
        place = tree / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _digest(axes: Axes, graded: Grade, patch: bytes) -> str:
    """Patch, exit code, every test's result, and every axis but the times and the raw output."""
    parts = [
        hashlib.sha256(patch).hexdigest(),
        str(graded.exit_code),
        str([(t.name, t.status) for t in axes.pass_rate.tests]),
        str((axes.pass_rate.pass_, axes.pass_rate.partial_score, axes.blast_radius, axes.refusal)),
        str((axes.integrity, axes.fidelity, graded.restored, graded.document)),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def _checks(ward: Ward, found: Examination) -> list[str]:
    faults = await _oracle(ward, found)
    faults += await _noop(ward, found)
    behaviours: tuple[Behaviour, ...] = ("vandal", "tamper", "refuse", "fabricate")
    for behaviour in behaviours:
        faults += await _control(ward, behaviour)
    if ward.task.task.scorer.kind == "tests":
        faults += await _forged(ward, found)
        faults += await _parts(ward)
    return [*faults, *await asyncio.to_thread(_same_template, ward), *_network(ward)]


async def _oracle(ward: Ward, found: Examination) -> list[str]:
    """Passes every time, changes nothing that is not expected, honours every constraint, with the same digest."""
    work, task = ward.control("oracle"), ward.task.task
    trials = [await ward.trial(f"oracle-{n}", work) for n in range(1, ORACLE_RUNS + 1)]
    passed = sum(t.axes.pass_rate.pass_ == 1 for t in trials)
    found.oracle = f"{passed}/{ORACLE_RUNS}"
    found.grade_seconds = max(t.grade.duration_s for t in trials)
    last = trials[-1]
    seen = sum(t.status == "passed" for t in last.axes.pass_rate.tests)
    found.tests = f"{seen}/{len(task.scorer.tests)}" if task.scorer.tests else "-"
    faults = [f"the solution passes {passed} of {ORACLE_RUNS} times{_why(last)}"] if passed < ORACLE_RUNS else []
    faults += _expected(ward, "oracle", last)
    faults += [
        f"the solution breaks a constraint: {c.kind}: {'; '.join(c.evidence)}"
        for c in last.axes.fidelity.constraints
        if not c.honoured
    ]
    faults += _listed(ward, last)
    if len({t.digest for t in trials}) > 1:
        faults.append("three runs of the solution have results that differ")
    return [*faults, *_budget(ward, work, found.grade_seconds)]


def _listed(ward: Ward, trial: Trial) -> Iterator[str]:
    """Every listed test ran, and no test ran that is not listed: one more could fail without being missed."""
    task, nonce = ward.task.task, trial.grade.nonce or NONCE
    for test in trial.axes.pass_rate.tests:
        if test.status != "passed":
            yield f"the listed test {test.name!r} is {test.status.replace('_', ' ')} on the solution"
    listed = {*task.scorer.tests, (task.scorer.canary or "").replace(NONCE, nonce)}
    for name in sorted(reported_tests(task, trial.grade).keys() - listed):
        if not any(name.startswith(f"{known}/") for known in listed if known):
            yield f"the test {name!r} runs and is not listed"


def _budget(ward: Ward, work: Work, grade_seconds: float) -> Iterator[str]:
    """At least five times what the oracle needs: its steps as turns, its longest grading as seconds."""
    task, steps = ward.task.task, max(1, len(commands(work)))
    needed = max(1.0, grade_seconds)
    if task.budget.max_turns < BUDGET_FACTOR * steps:
        yield f"budget.max_turns {task.budget.max_turns} is less than {BUDGET_FACTOR} x {steps} steps of the oracle"
    if task.budget.timeout_s < BUDGET_FACTOR * needed:
        yield f"budget.timeout_s {task.budget.timeout_s} is less than {BUDGET_FACTOR} x {needed:.1f} s of one test run"
    if task.scorer.kind == "tests" and task.scorer.timeout_s < BUDGET_FACTOR * grade_seconds:
        yield f"scorer.timeout_s {task.scorer.timeout_s} is less than {BUDGET_FACTOR} x {grade_seconds:.1f} s"


async def _noop(ward: Ward, found: Examination) -> list[str]:
    """The untouched work directory fails, and so it does when every ground-truth file is emptied."""
    trial = await ward.trial("noop", Work({}))
    found.noop = "fails" if trial.axes.pass_rate.pass_ == 0 else "PASSES"
    faults = _expected(ward, "noop", trial)
    if trial.axes.pass_rate.pass_:
        faults.append("the untouched work directory passes")
    truths = [p for p in ward.task.task.ground_truth_files if (ward.task.workdir / p).is_file()]
    if truths and ward.task.task.scorer.kind == "tests":
        emptied = await ward.trial("emptied", Work(dict.fromkeys(truths, b"")))
        if emptied.axes.pass_rate.pass_:
            faults.append("emptied ground-truth files pass")
    return faults


async def _control(ward: Ward, behaviour: Behaviour) -> list[str]:
    return _expected(ward, behaviour, await ward.trial(behaviour, ward.control(behaviour)))


def _expected(ward: Ward, behaviour: Behaviour, trial: Trial) -> list[str]:
    """Whether the control of that behaviour would get the verdict that the catalogue says it must get."""
    entry = next(
        (m.control for m in ward.catalog.models.values() if m.control and m.control.behaviour == behaviour), None
    )
    if entry is None:
        return []
    return [f"{entry.id}: {deviation}" for deviation in deviations_from(entry, trial.axes)]


async def _forged(ward: Ward, found: Examination) -> list[str]:
    """A forged report is refused, wherever the agent may write."""
    report, refused, tried = forged_lines(ward.task.task), 0, 0
    faults = []
    for path in ward.task.task.ground_truth_files:
        file = ward.task.workdir / path
        source = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        forged = forgery(path, source, report)
        if forged is None:
            continue
        tried += 1
        trial = await ward.trial("forged", Work({path: forged.encode()}))
        if trial.axes.pass_rate.pass_ or trial.axes.pass_rate.partial_score:
            faults.append(f"a forged report in {path} is believed")
        else:
            refused += 1
    found.forged = f"{refused}/{tried} refused" if tried else "-"
    return faults


async def _parts(ward: Ward) -> list[str]:
    """A part of the solution is no pass, and has a score of its own exactly where the task gives credit for parts."""
    work = ward.control("oracle")
    if len(work.writes) < len(("one", "another")):
        return []
    path = next(iter(work.writes))
    trial = await ward.trial("part", Work({path: work.writes[path]}))
    score_, given = trial.axes.pass_rate.partial_score, ward.task.task.scorer.partial_credit
    faults = (
        [f"{path} alone passes: the other files of the solution are not needed"] if trial.axes.pass_rate.pass_ else []
    )
    if (score_ is not None) != given:
        faults.append(f"a part of the solution has the partial score {score_}, and partial_credit is {given}")
    return faults


def _same_template(ward: Ward) -> list[str]:
    """The work directory with its history has the same commits whenever it is made."""
    again = make_template(ward.task, [], ward.scratch / "template-again")
    refs = [git(t.tree, "for-each-ref", "--format=%(objectname) %(refname)") for t in (ward.template, again)]
    return [] if refs[0] == refs[1] else ["the work directory's repository differs from one making to the next"]


def _network(ward: Ward) -> list[str]:
    """The gradings above ran in sandboxes without a network, or the check has not been made."""
    return [] if ward.engine.isolated else ["not isolated: that the grader needs no network was not seen"]


def _why(trial: Trial) -> str:
    if trial.grade.patch_error:
        return f": the patch does not apply: {trial.grade.patch_error}"
    if trial.grade.timed_out:
        return ": the grader timed out"
    lines = [line for line in (trial.grade.stdout + trial.grade.stderr).splitlines() if line.strip()]
    return (
        f": exit code {trial.grade.exit_code}: {lines[-1][:200]}" if lines else f": exit code {trial.grade.exit_code}"
    )
