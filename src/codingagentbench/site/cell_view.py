"""Everything on one cell page, as the template reads it."""

import shlex
from typing import Any

from codingagentbench.site.cast import CastView
from codingagentbench.site.cells import CellSummary, is_scored
from codingagentbench.site.commands import CatalogFacts, run_it_yourself
from codingagentbench.site.diff import view_diff
from codingagentbench.site.embed import embed
from codingagentbench.site.matrix import pair_page
from codingagentbench.site.raw import RawFile
from codingagentbench.site.related import Neighbourhood
from codingagentbench.site.scores import breakdown, composites, headline, judgement
from codingagentbench.site.text import (
    Figure,
    count,
    decimal,
    money,
    not_applicable,
    seconds,
    short_digest,
    signed,
    unknown,
    url_path,
)
from codingagentbench.site.trace import traffic, view_calls, view_trace
from codingagentbench.store.attempts import Attempt
from codingagentbench.store.axes import Tokens
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.wording import counted

Rows = list[tuple[str, Figure]]

RECEIPT_OF = {
    "task": "the task's folder",
    "image": "the TUI's image or bundle",
    "tui_bundle": "the installed TUI",
    "prompt": "the prompt",
    "transcript": "model_calls.jsonl",
    "terminal": "terminal.cast",
    "diff": "diff.patch",
    "grade": "grade.json",
    "prices": "the price table",
    "trajectory": "trajectory.json",
    "harness": "the harness's own code",
    "tui_entry": "what the TUI's catalogue entry runs",
    "plugins": "the plugin, and the TUI's mechanism for it",
    "replay_of": "the record of which this is a replay",
}
"""What each digest is of, in words; a field that is not here is shown by its name."""


def cell_context(
    attempt: Attempt,
    cell: CellSummary,
    *,
    cast: CastView,
    raw: list[RawFile],
    neighbours: Neighbourhood,
    facts: CatalogFacts,
    base_url: str | None,
) -> dict[str, Any]:
    """The template's variables for one cell. Raises StoreError where one of the attempt's files is damaged."""
    record = attempt.record
    have = {file.name for file in raw}
    calls = attempt.model_calls() if "model_calls.jsonl" in have else []
    grade_axes = record.axes
    return {
        "cell": cell,
        "record": record,
        "facts": facts,
        "sweep_href": url_path(f"sweep/{cell.sweep_id}/index.html"),
        "pair_href": url_path(pair_page(cell.sweep_id, cell.tui, cell.model)),
        "task_href": url_path(f"task/{cell.task_id}/index.html"),
        "banners": banners(record, cell, facts),
        "scores": headline(record),
        "composites": composites(record, scored=is_scored(record)),
        "judgement": judgement(grade_axes),
        "tests": grade_axes.pass_rate.tests,
        "identity": identity(record),
        "image_short": short_digest(record.image_digest),
        "sandbox": sandbox_rows(record),
        "host": [(name, Figure(str(value))) for name, value in _fields(record.host)],
        "receipt": receipt(record, have),
        "timing": timing(record),
        "phases": [(name, seconds(ms, 3)) for name, ms in _fields(record.phases)],
        "breakdown": breakdown(grade_axes, record.composite),
        "trace": view_trace(attempt.spans() if "trace.jsonl" in have else []),
        "cast": cast,
        "diff": view_diff(attempt.diff() if "diff.patch" in have else ""),
        "changes": _notes(attempt, have),
        "run": run_it_yourself(record, facts),
        "calls": view_calls(calls),
        "traffic": traffic(calls) if calls else [],
        "reported": reported(record),
        "fidelity": grade_axes.fidelity,
        "related": neighbours.of(cell),
        "embed": embed(cell, base_url),
        "badge_href": url_path(cell.badge),
        "raw": raw,
    }


def banners(record: Record, cell: CellSummary, facts: CatalogFacts) -> list[tuple[str, str, str]]:
    """(kind, heading, words): no score, control, not citable, plugins skipped, task changed since."""
    found = []
    if cell.verdict == "none":
        found.append(("none", f"No score: {cell.label}", record.outcome_detail or _words(record.outcome)))
    if record.control is not None:
        found.append(("control", f"Control: {record.control}", _control_words(cell)))
    if not record.citable and cell.verdict != "none":
        found.append(("warn", "Not citable", "; ".join(record.not_citable_because) or "no reason was recorded"))
    if record.applied_plugins is not None:
        found += [
            ("warn", f"Plugin skipped: {s.name}", f"{s.reason}: the cell ran without it.")
            for s in record.applied_plugins.skipped
        ]
    if facts.task_digest is not None and facts.task_digest != record.task_digest:
        found.append(("warn", "The task has changed since", "This cell ran an earlier state of it: see task_digest."))
    return found


def _control_words(cell: CellSummary) -> str:
    words = "A scripted model with a known right outcome; it calibrates the harness and is never ranked."
    if cell.as_expected is None:
        return f"{words} It has no verdict here."
    if cell.as_expected:
        return f"{words} It got the verdict that it must get."
    return f"{words} It did not get the verdict that it must get: {'; '.join(cell.deviations)}"


def _words(outcome: str) -> str:
    row = FAILURES.get(outcome)
    return row.words if row else "the cause was not recorded in words"


def identity(record: Record) -> Rows:
    """The cell page's names first, then what a record adds."""
    pinned = "" if record.model_build_pinned else "the catalogue pins no build of this model"
    exit_code = unknown("stopped from outside, or never started") if record.exit_code is None else None
    return [
        ("cell_id", Figure(record.cell_id)),
        ("sweep_id", Figure(record.sweep_id)),
        ("container_image", Figure(record.container_image)),
        ("image_digest", Figure(record.image_digest)),
        ("model_build_id", Figure(record.model_build_id + (" (build not pinned)" if pinned else ""), title=pinned)),
        ("exit_code", exit_code or Figure(str(record.exit_code))),
        ("tui", Figure(record.tui)),
        ("tui_version", Figure(record.tui_version)),
        ("model", Figure(record.model)),
        ("task_id", Figure(record.task_id)),
        ("task_version", Figure(record.task_version)),
        ("task_digest", Figure(record.task_digest)),
        ("plugin_stack", Figure(" + ".join(record.plugin_stack)) if record.plugin_stack else _NO_PLUGINS),
        *_plugins(record),
        ("behavior_mode", Figure(record.behavior_mode)),
        ("repetition", Figure(str(record.repetition))),
        ("attempt", Figure(str(record.attempt))),
        ("outcome", Figure(record.outcome)),
        ("cause", Figure(record.cause)),
        ("timed_out", Figure(_yes_no(record.timed_out))),
        ("citable", Figure(_yes_no(record.citable))),
        ("methodology_version", Figure(record.methodology_version)),
        ("harness_version", Figure(record.harness_version)),
    ]


def _plugins(record: Record) -> Rows:
    """What became of the stack; nothing where none was asked for, or where the cell ended before it was applied."""
    plugins = record.applied_plugins
    if not record.plugin_stack or plugins is None:
        return []
    none = not_applicable("none")
    rows = [("plugins applied", Figure(", ".join(plugins.applied)) if plugins.applied else none)]
    skipped = "; ".join(f"{s.name}: {s.reason}" for s in plugins.skipped)
    rows.append(("plugins skipped", Figure(skipped) if skipped else none))
    if plugins.env_keys:
        rows.append(("plugins' env_keys", Figure(", ".join(plugins.env_keys))))
    if plugins.extra_args:
        rows.append(("plugins' extra_args", Figure(shlex.join(plugins.extra_args))))
    return rows


_NO_PLUGINS = not_applicable("nothing was added to the TUI")


def sandbox_rows(record: Record) -> Rows:
    """The engine, and what it held and could not hold."""
    sandbox = record.sandbox
    rows = [("engine", Figure(f"{sandbox.engine} {sandbox.version}".strip()))]
    rows += [(f"enforced: {name}", Figure(how)) for name, how in sandbox.enforced.items()]
    if sandbox.not_enforced:
        rows.append(("not enforced", Figure(", ".join(sandbox.not_enforced))))
    return rows + [(f"toolchain: {name}", Figure(version)) for name, version in sandbox.toolchains.items()]


def receipt(record: Record, have: set[str]) -> list[tuple[str, str | None, str, bool]]:
    """(name, digest, what it is the digest of, whether that file lies beside the page)."""
    rows: list[tuple[str, str | None, str, bool]] = []
    for name, digest in _fields(record.receipt):
        what = RECEIPT_OF.get(name, name)
        if name == "plugins":
            rows += [(f"plugin {plugin}", one, what, False) for plugin, one in (digest or {}).items()]
        else:
            rows.append((name, digest, what, what in have))
    return rows


def timing(record: Record) -> Rows:
    """The cell page's names first; tokens are the metered ones."""
    latency, tokens = record.axes.latency, record.axes.tokens
    return [
        ("started_at", Figure(record.started_at)),
        ("ended_at", Figure(record.ended_at)),
        ("duration", seconds(record.duration_s * 1000, 2)),
        ("prompt_tokens", count(tokens.prompt_tokens)),
        ("completion_tokens", count(tokens.completion_tokens)),
        ("tokens source", Figure(_source(record))),
        ("total_tokens", count(tokens.total_tokens)),
        ("cached_tokens", count(tokens.cached_tokens)),
        ("reasoning_tokens", count(tokens.reasoning_tokens)),
        ("cost_usd", _cost(tokens)),
        ("price table", Figure(tokens.price) if tokens.price else unknown("no price table names this model")),
        ("TUI-reported prompt_tokens", _said(tokens.tui_reported_prompt_tokens)),
        ("TUI-reported completion_tokens", _said(tokens.tui_reported_completion_tokens)),
        ("TUI-reported minus metered", signed(tokens.tui_report_difference)),
        ("wall_clock_ms", decimal(latency.wall_clock_ms)),
        ("container_active_ms", decimal(latency.container_active_ms)),
        ("model_call_ms", decimal(latency.model_call_ms)),
        ("tool_ms (CLI and its tools)", decimal(latency.tool_ms)),
        ("harness_ms", decimal(latency.harness_ms)),
    ]


def _cost(tokens: Tokens) -> Figure:
    """Dollars; where only a part is known, the part and that it is one."""
    if tokens.cost_usd is None and tokens.known_cost_usd:
        unpriced = tokens.unpriced_calls
        where = "calls that were not counted" if unpriced is None else counted(unpriced, "call")
        calls = f"a part without a price is in {where}"
        return Figure(f"unknown (${tokens.known_cost_usd:.6f} of it known)", "unknown", calls)
    return money(tokens.cost_usd)


def _source(record: Record) -> str:
    """Where the counts are from; an estimate is said to be one."""
    tokens = record.axes.tokens
    if not tokens.estimated_calls:
        return tokens.source
    return (
        f"{tokens.source}; ESTIMATED with a tokenizer for {tokens.estimated_calls} of {tokens.model_calls} calls, "
        "whose endpoint reported no usage"
    )


def _said(value: int | None) -> Figure:
    return (
        unknown("the CLI did not say, or not in a form that its catalogue entry reads")
        if value is None
        else count(value)
    )


def reported(record: Record) -> str:
    """The CLI's own totals in words, empty where it said nothing."""
    tokens = record.axes.tokens
    if tokens.tui_reported_prompt_tokens is None or tokens.tui_reported_completion_tokens is None:
        return ""
    prompt, completion = tokens.tui_reported_prompt_tokens, tokens.tui_reported_completion_tokens
    return f"TUI-reported session totals: {prompt:,} prompt + {completion:,} completion tokens."


def _notes(attempt: Attempt, have: set[str]) -> dict[str, Any]:
    """What changes.json adds to the diff: its size, and the paths that no diff can show."""
    if "changes.json" not in have:
        return {"count": None, "notes": [], "truncated": False}
    changes = attempt.changes()
    return {
        "count": len(changes.changes),
        "notes": [(c.path, c.change, c.note) for c in changes.changes if c.note][:100],
        "truncated": changes.truncated,
    }


def _fields(struct: Any) -> list[tuple[str, Any]]:  # any msgspec struct: its fields are of all types
    return [(name, getattr(struct, name)) for name in struct.__struct_fields__]


def _yes_no(value: bool) -> str:  # a formatter of booleans
    return "yes" if value else "no"
