"""Models: `catalog/models/*.toml`, each file one endpoint (or the controls) and the models behind it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from codingagentbench.catalog.base import Entry, ModelId, Name
from codingagentbench.catalog.tui import Wire

Verdict = Annotated[str, StringConstraints(pattern=r"^(==|!=|>=|<=|>|<) ?-?[0-9.]+$")]


class Expectation(Entry):
    """What a control's cell must show: an axis's headline figure, compared, e.g. `pass_rate = "== 1"`."""

    pass_rate: Verdict | None = None
    blast_radius: Verdict | None = None
    integrity: Verdict | None = None
    refusal: Verdict | None = None
    fidelity: Verdict | None = None


class ControlModel(Entry):
    """A scripted model with a known right outcome. Never ranked, marked as a control everywhere."""

    id: ModelId
    behaviour: Literal["oracle", "noop", "vandal", "tamper", "refuse", "fabricate", "malformed", "loop", "apprentice"]
    title: str
    expect: Expectation
    """On tasks that can be solved."""
    expect_on_refusal_tasks: Expectation
    """On tasks with expected_refusal."""
    expect_when_taught: Expectation | None = None
    """apprentice: on any task, where the TUI took a plugin of the cell's stack that leaves marks in its requests."""


class EndpointModel(Entry):
    """One model at an endpoint."""

    id: ModelId
    endpoint_id: str | None = None
    """The id that the endpoint knows it by, where that differs."""
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    """Of one reply. Budgets reserve so many where a request states no limit of its own; default 8192."""
    build: str | None = None
    """Pins the build; becomes model_build_id. Without it the record says the id and that the build is not pinned."""


class Endpoint(Entry):
    """Where the models of the file are served."""

    name: Name
    base_url: str | None = None
    """Up to and with /v1; `--endpoint` overrides it."""
    key_env: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    """The environment variable that holds the key. Never the key itself."""
    wires: list[Wire] = ["chat"]
    """Wire shapes that the endpoint speaks."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Shared by all cells of a sweep: any minute has at most so many and one second's worth more."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Input and output; a request counts a token for every four bytes until the endpoint has said what it was."""
    max_concurrent: Annotated[int, Field(ge=1)] | None = None
    """Calls under way at a time, all cells together."""
    max_tries: Annotated[int, Field(ge=1, le=20)] = 4
    """Requests for one call: 429, 408, 5xx and broken connections are retried while nothing went to the CLI yet."""
    breaker_failures: Annotated[int, Field(ge=1)] = 5
    """Calls in a row, across all cells, that fail in the same way before the endpoint is paused."""
    breaker_pause_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Seconds before a paused endpoint is tried with one call; they double with each try that fails."""
    breaker_probes: Annotated[int, Field(ge=1)] = 3
    """Such tries, after which cells that have not started are left unrun."""


class ModelFile(Entry):
    """A file of `catalog/models/`: either `[[control]]` tables, or `[endpoint]` and `[[model]]` tables."""

    endpoint: Endpoint | None = None
    control: list[ControlModel] = []
    model: list[EndpointModel] = []
