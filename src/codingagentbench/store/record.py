"""`record.json`: everything that identifies, times, scores and proves one attempt of a cell."""

from typing import Literal

import msgspec

from codingagentbench.store.axes import Axes, Composite

SCHEMA = "cab.record/1"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """sha256 digests ("sha256:<hex>") that make a record checkable; None where there was nothing to digest."""

    task: str
    image: str
    tui_bundle: str
    prompt: str
    transcript: str | None
    """Of model_calls.jsonl."""
    trajectory: str | None = None
    terminal: str | None
    diff: str | None
    grade: str | None
    prices: str | None
    harness: str
    tui_entry: str | None = None
    """Of what the TUI's catalogue entry runs: commands, environment and config files, placeholders unfilled."""
    plugins: dict[str, str] | None = None
    """By plugin of the stack: its entry, files and bundle, and the TUI's mechanism for it. None: an older CAB's."""
    replay_of: str | None = None
    """Of the original's record.json, where this is a replay of its calls."""


class SandboxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The engine and what it enforced; `not_enforced` names every limit that this machine could not hold."""

    engine: str
    version: str
    enforced: dict[str, str] = {}
    """Limit to mechanism, e.g. {"memory": "cgroup-v1 2 GiB"}."""
    not_enforced: list[str] = []
    toolchains: dict[str, str] = {}
    """Toolchain to version."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine, without anything that names it."""

    os: str
    kernel: str
    arch: str
    cpus: int
    memory_mib: int
    python: str


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds a phase took; None for one that was not reached."""

    prepare: float | None = None
    launch: float | None = None
    agent: float | None = None
    collect: float | None = None
    grade: float | None = None
    score: float | None = None


class ControlVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a control got the verdict that it must get."""

    as_expected: bool
    deviations: list[str] = []
    """One line each: axis, value, what was expected."""


class SkippedPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin of the stack that the TUI does not take."""

    name: str
    reason: str


class AppliedPlugins(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a cell's plugin stack."""

    applied: list[str] = []
    skipped: list[SkippedPlugin] = []
    env_keys: list[str] = []
    """Variables that were set for it, in the CLI's environment or in an MCP server's."""
    extra_args: list[str] = []
    """Arguments that the CLI was started with besides its entry's own."""
    skipped_count: int = 0
    """Of the plugins that did nothing in this cell: always the length of `skipped`, also of a record without it."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "skipped_count", len(self.skipped))


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of one cell. Times are UTC, ISO 8601 with microseconds; durations in the unit of their name."""

    schema: str = SCHEMA
    cell_id: str
    sweep_id: str
    tui: str
    tui_version: str
    model: str
    model_build_id: str
    model_build_pinned: bool
    control: str | None
    """The behaviour, where the model is a control; such cells are never ranked."""
    task_id: str
    task_version: str
    task_digest: str
    plugin_stack: list[str]
    behavior_mode: Literal["factory", "plugged"]
    repetition: int
    attempt: int
    container_image: str
    image_digest: str
    sandbox: SandboxFacts
    host: Host
    methodology_version: str
    harness_version: str
    outcome: str
    """Key into the failure table, `sweep/failures.py`."""
    cause: Literal["none", "agent", "task", "model_endpoint", "sandbox", "harness"]
    outcome_detail: str
    """Plain words, shown at the top of the cell's page when the cell has no score."""
    exit_code: int | None
    timed_out: bool
    citable: bool
    not_citable_because: list[str]
    started_at: str
    ended_at: str
    duration_s: float
    phases: Phases
    axes: Axes
    composite: dict[str, Composite]
    """By methodology version."""
    control_verdict: ControlVerdict | None
    receipt: Receipt
    tui_verified: bool = True
    """False: the CLI's catalogue entry was written after its documentation and never run by who wrote it."""
    applied_plugins: AppliedPlugins | None = None
    """None: the cell did not get as far as its launch, or an older CAB made the record."""
    variant: Literal["public", "held-out"] | None = None
    """Whether the task's text could be known before the run. None in a record of an older CAB."""
    base_task: str | None = None
    """The task that this one was mutated from; its own id where it is no mutant."""
    commitment: str | None = None
    """Held out only: sha256 of the seed and a nonce; `cab mutate --reveal` shows them afterwards."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The raw counters of one call as the endpoint reported them; None is unknown, never 0."""

    input_uncached: int | None = None
    input_cache_read: int | None = None
    input_cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None
    """Part of output."""


class BodyRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where a body lies in `bodies.zst`, a pack of zstd frames; digest and size are the plain body's."""

    sha256: str
    offset: int
    length: int
    size: int


class ModelCall(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `model_calls.jsonl`: one request through the gateway."""

    number: int = msgspec.field(name="#")
    timestamp: str
    request_hash: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    ttft_ms: float | None
    latency_ms: float
    finish_reason: str | None
    status: int
    wire: str
    cost_usd: float | None
    model: str
    stream: bool
    start_ms: float
    """From the gateway's registration of the cell, so that intervals can be joined."""
    usage: Usage
    error: str | None = None
    """Key of a failure-table row (`endpoint_unreachable`, `endpoint_stream_cut`, ...) when the call failed."""
    operation: Literal["generate", "count_tokens", "embed"] = "generate"
    """`count_tokens` asks no model for an answer: it is a call on the wire, and in no token total."""
    estimated: bool = False
    """The endpoint reported no usage: the counts are a tokenizer's."""
    tbt_p50_ms: float | None = None
    """Time between two chunks of a streamed reply that carried output; None with fewer than two."""
    tbt_max_ms: float | None = None
    tries: int = 1
    """Requests that the gateway sent to the endpoint for this call; 0: refused here (budget, paused endpoint)."""
    throttled_ms: float = 0.0
    """Of latency_ms: waiting for the endpoint's rate limit, for Retry-After and between tries."""
    refusal: str | None = None
    """The reply's structured stop reason where it is a refusal: `refusal`, `content_filter` or `safety`."""
    stripped_tools: list[str] = []
    """Provider-side tools that the gateway took out of the request because the sweep grants them not."""
    endpoint_wire: str | None = None
    """The wire that the endpoint was spoken to in, where the call was translated."""
    price: str | None = None
    """Version of the price table that cost_usd was computed with."""
    known_cost_usd: float | None = None
    """The sum of those parts of the cost whose price is known; equals cost_usd where all are. None: no price at all."""
    canonical_hash: str | None = None
    """Of the request with the TUI's volatile parts taken out: what a cassette matches on."""
    request_body: BodyRef | None = None
    """What the CLI sent."""
    response_body: BodyRef | None = None
    """What the CLI got."""
    endpoint_request_body: BodyRef | None = None
    """What the endpoint was sent, where the call was translated."""
    endpoint_response_body: BodyRef | None = None
    """What the endpoint answered, where the call was translated."""


class AskedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `commands.jsonl`: a command line that the model asked its CLI to run."""

    call: int
    """Number of the model call whose reply asked for it."""
    tool: str
    line: str


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `trace.jsonl`; times from the start of the cell."""

    span_id: str
    parent_id: str | None
    kind: Literal["task_setup", "tool_call", "container", "adapter_run", "model_call", "grader", "cleanup"]
    name: str
    start_ms: float
    duration_ms: float
    attrs: dict[str, object] = {}
    error: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One changed path of the work directory; sizes in bytes, digests sha256, None where the side does not exist."""

    path: str
    change: Literal["added", "removed", "modified"]
    type: Literal["file", "symlink", "other"] = "file"
    dropping: bool = False
    build_output: bool = False
    size_before: int | None = None
    size_after: int | None = None
    digest_before: str | None = None
    digest_after: str | None = None
    note: str | None = None
    """Why a path is not in the diff (too large, a device, a name that git cannot hold)."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """`changes.json`: what the agent did to the work directory, sorted by path."""

    changes: list[Change]
    extra_git_dir: bool
    """The harness made `.git` because the task's work directory had none."""
    git_dir_modified: bool = False
    truncated: bool = False
    """More changes than are listed; the listing is then not a basis for scores."""
    committed_texts: list[str] = []
    """Texts of `[behaviour]` `must_not_contain` that objects hold which the agent added to the repository."""


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """`grade.json`: what the grading sandbox reported, before any judgement."""

    kind: str
    exit_code: int | None
    timed_out: bool
    duration_s: float
    cpu_s: float | None = None
    """Of the grading command, as its cgroup counted it."""
    stdout: str
    stderr: str
    restored: list[str] = []
    """Protected paths that were put back."""
    patch_applied: bool = True
    patch_error: str | None = None
    document: str | None = None
    """Tasks with a document: its text as the agent left it, None when it wrote none."""
    nonce: str | None = None
    """What stood for CAB_NONCE in this grading."""
    results: str | None = None
    """The runner's own report, where the command wrote one to `{results}`."""
