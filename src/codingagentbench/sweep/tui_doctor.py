"""`cab tui doctor`: proves a CLI's catalogue entry by running it with the oracle and with the one that does nothing.

What is wrong is a fault, and an entry without one is healthy; what is worth knowing is a note.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from codingagentbench.catalog.load import Catalog, TuiEntry
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.tui import Tui
from codingagentbench.globs import matches
from codingagentbench.paths import cell_folder
from codingagentbench.sandbox.engines import engine
from codingagentbench.store.attempts import Attempt, read_attempt, sealed_attempts
from codingagentbench.store.record import ModelCall
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.network_watch import NetworkAttempts, read_attempts, watched
from codingagentbench.sweep.run import SweepOptions, SweepResult, Watcher, run_sweep
from codingagentbench.wording import UNVERIFIED, counted

TASK = "polyglot/python-reverse-string"
ORACLE, NOOP = "control/oracle", "control/noop"
_SHOWN = 5
_LAST_LINES = 3


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one CLI. None is "not known", for lack of a run that says it."""

    tui: str
    version: str
    wire: str
    sandbox: str
    verified: bool
    healthy: bool
    faults: list[str]
    notes: list[str]
    bundle: str | None = None
    """The bundle's digest."""
    startup_ms: float | None = None
    """From the sandbox's making to the first model call, the shorter of both runs."""
    model_calls: int | None = None
    """In the oracle's run."""
    tokens: int | None = None
    """Metered, in the oracle's run."""
    reported_tokens: int | None = None
    """What the CLI said of the same run."""
    verdicts_right: int = 0
    verdicts: int = 0
    attempts_outside: int | None = None
    """Connections and name look-ups that would have left the sandbox, in both runs."""
    attempts_refused: int | None = None
    """Connections to the sandbox's own loopback where nobody listened."""
    droppings: list[str] = []
    """Seen, and declared."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One run."""

    model: str
    attempt: Attempt
    calls: list[ModelCall]
    output: str
    network: NetworkAttempts | None


class _Watched(Catalog):
    """The catalogue, with every CLI started through the shell that counts what it tries to reach."""

    def tui(self, name: str) -> TuiEntry:
        entry = super().tui(name)
        return replace(entry, tui=entry.tui.model_copy(update={"argv": watched(entry.tui.argv)}))


def examine(entry: TuiEntry, catalog: Catalog, *, sandbox: str, store: Path, log: Callable[[str], None]) -> Diagnosis:
    """Install the CLI and run both controls through it. Raises SetupError where the engine cannot run here."""
    tui = entry.tui
    if not tui.verified:
        return _diagnosis(tui, sandbox, [f"{UNVERIFIED}: {tui.unverified_reason}"], [])
    isolated = engine(sandbox).isolated
    with tempfile.TemporaryDirectory(prefix="cab-doctor-") as folder:
        spec = SweepSpec(id=f"doctor-{tui.name}", tuis=[tui.name], models=[ORACLE, NOOP], tasks=[TASK])
        options = SweepOptions(results=Path(folder), store=store, sandbox=sandbox)
        result = run_sweep(spec, _Watched(catalog.roots) if isolated else catalog, options, Watcher(log=log))
        if result.skipped:
            return _diagnosis(tui, sandbox, [str(c.skip) for c in result.skipped[:1]], [])
        return _judged(tui, sandbox, [_seen(model, result, Path(folder)) for model in spec.models], isolated=isolated)


def _seen(model: str, result: SweepResult, results: Path) -> _Seen:
    cell = next(c for c, _ in result.cells if c.model == model)
    attempt = read_attempt(sealed_attempts(cell_folder(results, cell.cell_id))[-1])
    log = attempt.folder / "agent.log"
    output = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return _Seen(model, attempt, attempt.model_calls(), output, read_attempts(output))


def _diagnosis(tui: Tui, sandbox: str, faults: list[str], notes: list[str], **known: object) -> Diagnosis:
    said = {"tui": tui.name, "version": tui.install.version, "wire": tui.wire, "verified": tui.verified}
    outcome = {"sandbox": sandbox, "healthy": not faults, "faults": faults, "notes": notes}
    return msgspec.convert({**said, **outcome, **known}, Diagnosis)


def _judged(tui: Tui, sandbox: str, runs: list[_Seen], *, isolated: bool) -> Diagnosis:
    oracle = next(run for run in runs if run.model == ORACLE)
    tokens = oracle.attempt.record.axes.tokens
    network = [run.network for run in runs if run.network is not None]
    faults = [fault for run in runs for fault in _faults(tui, run, isolated=isolated)]
    report = _reported(oracle)
    if tui.token_report.format != "none" and report is None:
        faults.append("token_report finds no figures in the output: its format, pattern or paths are wrong")
    notes = list(_notes(tui, runs, isolated=isolated))
    return _diagnosis(
        tui,
        sandbox,
        list(dict.fromkeys(faults)),
        notes,
        bundle=oracle.attempt.record.receipt.tui_bundle,
        startup_ms=min((run.calls[0].start_ms for run in runs if run.calls), default=None),
        model_calls=len(oracle.calls),
        tokens=tokens.total_tokens,
        reported_tokens=report,
        verdicts_right=sum(_as_expected(run) for run in runs),
        verdicts=len(runs),
        attempts_outside=sum(n.outside for n in network) if len(network) == len(runs) else None,
        attempts_refused=sum(n.refused for n in network) if len(network) == len(runs) else None,
        droppings=sorted({c.path for run in runs for c in run.attempt.changes().changes if c.dropping}),
    )


def _faults(tui: Tui, run: _Seen, *, isolated: bool) -> Iterator[str]:
    record = run.attempt.record
    if not FAILURES[record.outcome].scored or record.outcome in {"tui_crashed", "agent_error", "agent_timeout"}:
        words = " | ".join(_last_lines(run.output))
        yield f"{run.model}: {record.outcome}: {record.outcome_detail} It last said: {words or 'nothing'}"
    elif not _as_expected(run):
        deviations = record.control_verdict.deviations if record.control_verdict else []
        yield f"{run.model}: not the verdict that it must get: {'; '.join(deviations)}"
    if others := sorted({call.wire for call in run.calls} - {tui.wire}):
        yield f"{run.model}: the entry says wire {tui.wire!r}, it spoke {', '.join(others)}"
    if isolated and run.network is None and not record.timed_out:
        yield f"{run.model}: what it tried to reach was not counted: its output ends too soon"
    if run.network and (counts := _undeclared(tui, run.network)):
        yield (
            f"{run.model}: tried to reach what is not the gateway: {', '.join(counts)}: find the switch that turns it "
            "off, or declare under [tries] what it is that has none"
        )
    if strays := _strays(run):
        yield f"{run.model}: leaves files that are not declared as droppings: {', '.join(strays[:_SHOWN])}"


def _undeclared(tui: Tui, network: NetworkAttempts) -> list[str]:
    counts = {
        "connections": (network.unroutable, "connection", "outside"),
        "look-ups": (network.look_ups, "datagram", "to a name server"),
    }
    return [f"{counted(n, noun)} {where}" for kind, (n, noun, where) in counts.items() if n and kind not in tui.tries]


def _strays(run: _Seen) -> list[str]:
    """What the control did not do and the entry does not declare; repr, since a name may hold anything."""
    changes = [c for c in run.attempt.changes().changes if not c.dropping and not c.build_output]
    expected = {"src/reverse.py"} if run.model == ORACLE else set()
    return [repr(c.path) for c in changes if c.path not in expected]


def _notes(tui: Tui, runs: list[_Seen], *, isolated: bool) -> Iterator[str]:
    paths = [c.path for run in runs for c in run.attempt.changes().changes]
    for glob in tui.droppings:
        if not any(matches(path, [glob]) for path in paths):
            yield f"dropping {glob!r} is declared and was never seen"
    for kind, what in tui.tries.items():
        counts = [n.look_ups if kind == "look-ups" else n.unroutable for n in (r.network for r in runs) if n]
        yield f"{kind} are declared, {sum(counts)} were seen in {counted(len(counts), 'run')}, none got out: {what}"
    if not isolated:
        yield "what it tried to reach cannot be counted without a sandbox"
    if refused := sum(run.network.refused for run in runs if run.network):
        yield f"{counted(refused, 'connection')} to its own loopback, where nobody listened"
    oracle = next(run for run in runs if run.model == ORACLE)
    metered, reported = oracle.attempt.record.axes.tokens.total_tokens, _reported(oracle)
    if None not in (metered, reported) and metered != reported:
        yield f"reports {reported:,} tokens where {metered:,} were metered"


def _reported(run: _Seen) -> int | None:
    tokens = run.attempt.record.axes.tokens
    prompt, completion = tokens.tui_reported_prompt_tokens, tokens.tui_reported_completion_tokens
    return None if prompt is None or completion is None else prompt + completion


def _as_expected(run: _Seen) -> bool:
    verdict = run.attempt.record.control_verdict
    return verdict is not None and verdict.as_expected


def _last_lines(output: str) -> list[str]:
    return [line.strip()[:200] for line in output.splitlines() if line.strip()][-_LAST_LINES:]
