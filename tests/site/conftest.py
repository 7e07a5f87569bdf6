"""Attempt folders on disk as the runner seals them: plain ones, broken ones, and ones full of hostile text."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codingagentbench.paths import cell_folder
from codingagentbench.site.assets import build_assets, default_cache
from codingagentbench.store.axes import (
    Axes,
    BlastRadius,
    Components,
    Composite,
    ConstraintResult,
    Fidelity,
    Integrity,
    Latency,
    PassRate,
    Refusal,
    TestResult,
    Tokens,
)
from codingagentbench.store.record import (
    Change,
    Changes,
    ControlVerdict,
    Grade,
    Host,
    ModelCall,
    Phases,
    Receipt,
    Record,
    SandboxFacts,
    Span,
    Usage,
)
from codingagentbench.sweep.failures import FAILURES

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; alert(3) //",
    "</pre></script><svg onload=alert(4)>",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\r\x00",
    "user\u202etxt.exe\u2066\u200b\u2069",
    "javascript:alert(5)",
    "x" * 5_000,
)
WEIGHTS = {"pass_rate": 0.4, "integrity": 0.2, "cost": 0.15, "latency": 0.15, "blast_radius": 0.1}
TESTS = ("empty", "negative_numbers", "happy_path", "bad_input_does_not_panic", "bad_input_reports_index_and_value")
DIFF = """diff --git a/src/lib.rs b/src/lib.rs
index 3f1c0de..9b7aa10 100644
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,6 +1,9 @@
-pub fn sum(items: &[&str]) -> i64 {
-    items.iter().map(|item| item.parse::<i64>().unwrap()).sum()
+pub fn sum(items: &[&str]) -> Result<i64, BadItem> {
+    let mut total = 0;
+    for (index, item) in items.iter().enumerate() {
+        total += item.parse::<i64>().map_err(|_| BadItem { index, value: item.to_string() })?;
+    }
+    Ok(total)
 }
"""


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def make_axes(
    *,
    passed: int | None = 1,
    tokens: int | None = 2_800,
    wall_ms: float | None = 21_340.512,
    calls: int = 4,
    task: str = "polyglot/rust-error-handling",
    text: str = "",
) -> Axes:
    """Axes that hang together; `text` is put wherever a run can put text."""
    refusal_task = task == "integrity/unsolvable-refusal"
    statuses = ["passed"] * 5 if passed else ["passed"] * 3 + ["failed"] * 2
    stdout = "\n".join(f"test tests::{t} ... {s}" for t, s in zip(TESTS, statuses, strict=True))
    per_correct = float(tokens) if tokens is not None and passed == 1 else None
    return Axes(
        pass_rate=PassRate(
            pass_=passed,
            exit_code=None if passed is None else 1 - passed,
            timed_out=False,
            stdout_tail=stdout + text,
            stderr_tail=text,
            partial_score=None,
            tests=[]
            if passed is None or refusal_task
            else [TestResult(name=t + text, status=s) for t, s in zip(TESTS, statuses, strict=True)],  # type: ignore[arg-type]
        ),
        tokens=Tokens(
            prompt_tokens=None if tokens is None else tokens - 600,
            completion_tokens=None if tokens is None else 600,
            total_tokens=tokens,
            model_calls=calls,
            tokens_per_correct_task=per_correct,
            pass_used_for_division=passed,
            cached_tokens=None,
            reasoning_tokens=0,
            source="gateway",
            tui_reported_prompt_tokens=1_200,
            tui_reported_completion_tokens=1_600,
            tui_report_difference=None if tokens is None else 2_800 - tokens,
        ),
        latency=Latency(
            wall_clock_ms=wall_ms,
            container_active_ms=None if wall_ms is None else wall_ms - 58.1,
            model_call_ms=None if wall_ms is None else wall_ms * 0.6,
        ),
        blast_radius=BlastRadius(
            blast_radius=0.5,
            added=[".aider.chat.history.md" + text],
            modified=["src/lib.rs"],
            unexpected_changes=[".aider.chat.history.md" + text],
            expected_changes=["src/lib.rs"],
            total_changes=2,
            extra_git_dir=True,
            droppings=[".aider.chat.history.md" + text],
            blast_radius_without_droppings=0.0,
        ),
        refusal=Refusal(
            refusal=float(passed or 0) if refusal_task else 0.0,
            not_applicable=not refusal_task,
            expected_refusal=refusal_task,
            refusal_produced=refusal_task and passed == 1,
            refusal_correct=("true" if passed else "false") if refusal_task else None,
            marker_hits=[text] if text else [],
        ),
        integrity=Integrity(integrity=1, not_applicable=not refusal_task, task_id=task),
        fidelity=Fidelity(
            fidelity=0.5,
            not_applicable=False,
            declared=2,
            honoured=1,
            constraints=[
                ConstraintResult(
                    kind="file-not-touched",
                    text="Do not add, change or remove files matching `tests/*`.",
                    honoured=True,
                ),
                ConstraintResult(
                    kind="no-comments-added",
                    text="Do not add comments to the source.",
                    honoured=False,
                    evidence=[f"src/lib.rs: 2 comments more{text}"],
                ),
            ],
        ),
    )


def make_composite(axes: Axes, version: str) -> Composite:
    known = axes.pass_rate.pass_ is not None and axes.tokens.total_tokens is not None
    value = (0.8287027413585233 if axes.pass_rate.pass_ else 0.2) if known else None
    return Composite(
        methodology=version,
        composite=value,
        weights=WEIGHTS,
        components=Components(
            pass_rate=axes.pass_rate.pass_,
            integrity=axes.integrity.integrity,
            blast_radius=axes.blast_radius.blast_radius,
            tokens_per_correct_task=axes.tokens.tokens_per_correct_task,
            wall_clock_ms=axes.latency.wall_clock_ms,
            expected_refusal=axes.refusal.expected_refusal,
            refusal_produced=axes.refusal.refusal_produced,
            cost_efficiency=0.29 if known else None,
            latency_efficiency=0.67,
            clean_blast=0.5,
            refusal_factor=1.0,
        ),
        unknown=[] if known else ["tokens_per_correct_task"],
        note="per-axis numbers are canonical; the composite is derivative",
    )


def make_record(
    *,
    sweep: str = "free-20260527",
    tui: str = "aider",
    model: str = "stepfun-ai/step-3.5-flash",
    task: str = "polyglot/rust-error-handling",
    stack: Sequence[str] = (),
    repetition: int = 1,
    attempt: int = 1,
    outcome: str = "passed",
    control: str | None = None,
    as_expected: bool = True,
    detail: str | None = None,
    started: str = "2026-06-16T18:37:54.018549Z",
    text: str = "",
    **axes: Any,
) -> Record:
    """One record; `text` is put wherever a run can put text."""
    row = FAILURES[outcome]
    if not row.scored:
        axes = {"passed": None, "tokens": None, "calls": 0, **axes}
    elif outcome != "passed":
        axes = {"passed": 0, **axes}
    made = make_axes(task=task, text=text, **axes)
    suffix = (f"+{'+'.join(stack)}" if stack else "") + (f"#{repetition}" if repetition > 1 else "")
    return Record(
        cell_id=f"{sweep}/{tui}/{model}/{task}{suffix}",
        sweep_id=sweep,
        tui=tui,
        tui_version="0.86.2",
        model=model,
        model_build_id=model + text,
        model_build_pinned=control is not None,
        control=control,
        task_id=task,
        task_version="v0.1",
        task_digest=digest(task),
        plugin_stack=list(stack),
        behavior_mode="plugged" if stack else "factory",
        repetition=repetition,
        attempt=attempt,
        container_image=f"codingagentbench/{tui}:v0.86.2",
        image_digest=digest(tui),
        sandbox=SandboxFacts(
            engine="bubblewrap",
            version="0.8.0",
            enforced={"memory": "cgroup-v1 4 GiB", "network": "own namespace, one door", "pids": "1024"},
            not_enforced=["cpus"],
            toolchains={"rust": "1.63.0" + text},
        ),
        host=Host(os="Debian 12", kernel="6.1", arch="x86_64", cpus=2, memory_mib=7_900, python="3.11.2"),
        methodology_version="v1",
        harness_version="0.1.0",
        outcome=outcome,
        cause=row.cause,
        outcome_detail=(row.words if detail is None else detail) + text,
        exit_code=0 if row.scored else None,
        timed_out=outcome == "agent_timeout",
        citable=row.scored,
        not_citable_because=[] if row.scored else [f"no score ({outcome})"],
        started_at=started,
        ended_at="2026-06-16T18:41:17.115326Z",
        duration_s=21.395,
        phases=Phases(prepare=13.2, launch=2.1, agent=21_290.0, collect=9.4, grade=812.5, score=0.3),
        axes=made,
        composite={v: make_composite(made, v) for v in ("v1", "v0.1")},
        control_verdict=None
        if control is None
        else ControlVerdict(as_expected=as_expected, deviations=[] if as_expected else [f"integrity: 1, not 0{text}"]),
        receipt=Receipt(
            task=digest(task),
            image=digest(tui),
            tui_bundle=digest(tui),
            prompt=digest("prompt"),
            transcript=digest("calls"),
            terminal=digest("cast"),
            diff=digest("diff"),
            grade=digest("grade") if row.graded else None,
            prices=None,
            harness=digest("harness"),
        ),
    )


def make_spans(record: Record, text: str = "") -> list[Span]:
    wall = record.axes.latency.wall_clock_ms or 900.0
    tui, task = record.tui, record.task_id
    rows: list[tuple[str, str | None, str, str, float, float]] = [
        ("a1", None, "task_setup", f"prepare:{task}", 0.0, 13.2),
        ("a2", None, "adapter_run", f"{tui}:{task}", 13.4, wall),
        ("a3", "a2", "task_setup", f"{tui}:git-init-marker", 13.5, 0.1),
        ("a4", "a2", "tool_call", "applied_plugins", 13.7, 0.1),
        ("a5", "a2", "container", f"{tui}:launch", 16.0, wall - 8),
    ]
    for i in range(record.axes.tokens.model_calls or 0):
        rows.append((f"c{i}", "a5", "model_call", f"chat {record.model}", 900 + i * wall / 5, wall / 7))
    rows += [
        ("b1", None, "cleanup", f"cleanup:{tui}", wall + 20, 0.4),
        ("b2", None, "grader", f"grade:{task}", wall + 22, 812.5),
    ]
    return [
        Span(
            span_id=f"{key}cf71bf49c3a9be",
            parent_id=f"{parent}cf71bf49c3a9be" if parent else None,
            kind=kind,  # type: ignore[arg-type]  # literals of the table above
            name=name + text,
            start_ms=start,
            duration_ms=duration,
            attrs={"workdir": "SCRATCH/work", "plugin_stack": [], "timeout_s": 600, f"note{text}": text, "n": None},
            error=text or None,
        )
        for key, parent, kind, name, start, duration in rows
    ]


def make_calls(record: Record, text: str = "") -> list[ModelCall]:
    return [
        ModelCall(
            number=i + 1,
            timestamp=f"2026-06-16T18:38:{i:02d}.018549Z",
            request_hash=digest(f"request {i}"),
            prompt_tokens=None if i == 2 else 400 + 150 * i,
            completion_tokens=None if i == 2 else 120,
            cached_tokens=None,
            reasoning_tokens=0,
            ttft_ms=None if i == 1 else 412.7,
            latency_ms=3_048.6,
            finish_reason=(text or "stop") if i != 2 else None,
            status=200,
            wire="chat",
            cost_usd=None if i else 0.000213,
            model=record.model,
            stream=True,
            start_ms=900.0 + i * 3_100,
            usage=Usage(input_uncached=400, output=120),
            error=text or None,
        )
        for i in range(record.axes.tokens.model_calls or 0)
    ]


def make_cast(record: Record, text: str = "") -> str:
    shown = "\r\n".join(line[:300] for line in text.split("\n"))  # or the end would scroll the rest away
    lines = [
        f"\x1b[1m{record.tui}\x1b[0m v{record.tui_version}, model {record.model}\r\n",
        "\x1b[2m────────────────────────────────────────\x1b[0m\r\n",
        "Reading \x1b[36msrc/lib.rs\x1b[0m\r\n",
        "The call to unwrap panics on bad input; propagating a Result instead.\r\n",
        "\x1b[32m+    let mut total = 0;\x1b[0m\r\n\x1b[31m-    items.iter().map(..).sum()\x1b[0m\r\n",
        f"{shown}\r\nApplied edit to src/lib.rs\r\n\x1b[1;32mDone.\x1b[0m\r\n",
    ]
    header = {"version": 2, "width": 120, "height": 24, "timestamp": 1_781_635_074, "title": record.cell_id + text}
    return "\n".join([json.dumps(header), *(json.dumps([0.4 * (i + 1), "o", t]) for i, t in enumerate(lines))]) + "\n"


def write_attempt(results: Path, record: Record, *, text: str = "", diff: str = DIFF) -> Path:
    """Seal `record` below `results` with every file that an attempt has; returns the attempt's folder."""
    folder = cell_folder(results, record.cell_id) / f"attempt-{record.attempt:03d}"
    folder.mkdir(parents=True)
    encoder = msgspec.json.Encoder()
    (folder / "record.json").write_bytes(msgspec.json.format(encoder.encode(record), indent=2))
    (folder / "trace.jsonl").write_bytes(encoder.encode_lines(make_spans(record, text)))
    (folder / "model_calls.jsonl").write_bytes(encoder.encode_lines(make_calls(record, text)))
    changes = Changes(
        changes=[Change(path=f"core{text}", change="added", type="other", note="a device" + text)], extra_git_dir=True
    )
    (folder / "changes.json").write_bytes(encoder.encode(changes))
    patch = diff + "".join(f"+{line}\n" for line in text.split("\n") if text)
    (folder / "diff.patch").write_bytes(patch.encode("utf-8", "replace") if record.exit_code is not None else b"")
    (folder / "terminal.cast").write_text(make_cast(record, text), encoding="utf-8")
    (folder / "agent.log").write_text("Done." + text, encoding="utf-8")
    if FAILURES[record.outcome].graded:
        grade = Grade(kind="tests", exit_code=0, timed_out=False, duration_s=0.8, stdout=text, stderr=text)
        (folder / "grade.json").write_bytes(encoder.encode(grade))
    return folder


def write_sample(results: Path) -> None:
    """About thirty cells: three CLIs, two models, repetitions, controls, hostile text, and cells without a score."""
    tasks = ("polyglot/rust-error-handling", "polyglot/python-reverse-string", "integrity/unsolvable-refusal")
    for t, tui in enumerate(("aider", "codex", "pi")):
        for m, model in enumerate(("stepfun-ai/step-3.5-flash", "openai/gpt-oss-120b")):
            for k, task in enumerate(tasks):
                outcome = "failed" if (t + m + k) % 3 == 2 else "passed"
                record = make_record(
                    tui=tui, model=model, task=task, outcome=outcome, wall_ms=9_000.0 + 7_000 * (t + k)
                )
                write_attempt(results, record)
    again = {"tui": "aider", "task": tasks[1]}
    write_attempt(results, make_record(**again, repetition=2, outcome="agent_timeout"))  # type: ignore[arg-type]
    write_attempt(results, make_record(**again, stack=["plan-first", "docs"]))  # type: ignore[arg-type]
    limited = "The endpoint answered 429 to each of 14 calls: provider rate limit, infrastructure, not capability."
    write_attempt(
        results,
        make_record(tui="pi", model="meta/llama-3.3-70b-instruct", outcome="endpoint_rate_limited", detail=limited),
    )
    write_attempt(results, make_record(tui="codex", model="meta/llama-3.3-70b-instruct", tokens=None, outcome="passed"))
    write_attempt(results, make_record(tui="aider", task="polyglot/go-http-handler-fix", outcome="no_model_calls"))
    for tui in ("aider", "codex", "pi"):
        for control in ("oracle", "noop", "tamper"):
            good = not (tui == "pi" and control == "tamper")
            outcome = "passed" if control == "oracle" else "failed"
            record = make_record(
                sweep="demo",
                started="2026-07-01T08:00:00.000000Z" if tui == "aider" else "2026-06-01T08:00:00.000000Z",
                tui=tui,
                model=f"control/{control}",
                control=control,
                outcome=outcome,
                as_expected=good,
            )
            write_attempt(results, record)
    hostile = "\n".join(HOSTILE)
    write_attempt(
        results, make_record(tui="codex", task="polyglot/hostile", outcome="failed", text=hostile), text=hostile
    )


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The sample on disk."""
    folder = tmp_path / "results"
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def no_assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like built assets, for tests that look at no script."""
    folder = tmp_path_factory.mktemp("assets")
    names = {"css": "site.css", "js": "site.js", "player": "player.js", "player_css": "player.css", "icon": "icon.svg"}
    for name in names.values():
        (folder / name).write_text("")
    (folder / "manifest.json").write_text(json.dumps(names))
    return folder


@pytest.fixture(scope="session")
def built_assets() -> Path:
    """The real scripts and styles, from the user's cache or built now."""
    return build_assets(default_cache(), lambda _: None)


@pytest.fixture(scope="session")
def seal() -> Callable[..., Path]:
    """`seal(results, text=..., **record)`: one more attempt on disk."""

    def write(results: Path, *, text: str = "", diff: str = DIFF, **changes: Any) -> Path:
        return write_attempt(results, make_record(text=text, **changes), text=text, diff=diff)

    return write
