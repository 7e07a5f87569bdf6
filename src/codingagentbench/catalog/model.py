"""Models: `catalog/models/*.toml`, each file one endpoint (or the controls) and the models behind it."""

from typing import Annotated, Literal

from pydantic import StringConstraints

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
    behaviour: Literal["oracle", "noop", "vandal", "tamper", "refuse"]
    title: str
    expect: Expectation
    """On tasks that can be solved."""
    expect_on_refusal_tasks: Expectation
    """On tasks with expected_refusal."""


class EndpointModel(Entry):
    """One model at an endpoint."""

    id: ModelId
    endpoint_id: str | None = None
    """The id that the endpoint knows it by, where that differs."""
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


class ModelFile(Entry):
    """A file of `catalog/models/`: either `[[control]]` tables, or `[endpoint]` and `[[model]]` tables."""

    endpoint: Endpoint | None = None
    control: list[ControlModel] = []
    model: list[EndpointModel] = []
