"""A sweep: `catalog/sweeps/<name>.toml`, a matrix of cells."""

from typing import Annotated, Literal

from pydantic import Field

from codingagentbench.catalog.base import Entry, ModelId, Name, TaskId
from codingagentbench.catalog.budget import SweepBudget

ProviderTool = Literal[
    "web_search", "web_fetch", "code_execution", "file_search", "mcp", "image_generation", "computer_use"
]
"""What a model's provider can run itself, outside of the sandbox."""


class HeldOut(Entry):
    """Mutants made when the sweep begins, from a seed that nobody knows before it is revealed."""

    base: Annotated[list[TaskId | Annotated[str, Field(pattern=r"^[a-z0-9*/._-]+$")]], Field(min_length=1)]
    """Tasks, or globs of them, to make mutants of."""
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Mutants of each, at most."""
    public_seed: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Adds as many mutants of the same tasks from this seed, which everybody knows: what the held-out ones are
    compared with."""


class SweepSpec(Entry):
    """TUIs x models x plugin stacks x tasks x repetitions."""

    id: Name
    title: str = ""
    tuis: Annotated[list[Name], Field(min_length=1)]
    models: Annotated[list[ModelId], Field(min_length=1)]
    tasks: Annotated[list[TaskId | Annotated[str, Field(pattern=r"^[a-z0-9*/._-]+$")]], Field(min_length=1)]
    """Task ids, or globs such as `polyglot/*`."""
    stacks: list[list[Name]] = [[]]
    """Plugin stacks; the empty one is the factory state."""
    held_out: HeldOut | None = None
    """Tasks that are made at run time and are in no catalogue (docs/mutations.md)."""
    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1
    workers: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Cells at a time; default: one a core."""
    sandboxes: list[Name] = []
    """Engines that the whole matrix is run in, one after the other: the first under the sweep's id, every other one
    under `<id>-<engine>`. Empty: bubblewrap. The command's --sandbox chooses one of them."""
    require: list[str] = []
    """What the engine must be able to enforce, e.g. ["memory", "seccomp"]; a machine that cannot is refused before
    anything runs. Names: wall, no-network, non-root, read-only-root, seccomp, memory, pids, cpu, file-size,
    disk-limit, image."""
    budget: SweepBudget = SweepBudget()
    timeout_s: Annotated[int, Field(ge=1)] | None = None
    """Overrides the tasks' own wall-clock budget downwards."""
    grant_tools: list[ProviderTool] = []
    """Provider-side tools that CLIs may use; the gateway takes all others out of requests and records that it did."""
