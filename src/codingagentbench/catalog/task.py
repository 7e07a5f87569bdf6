"""A task: `catalog/tasks/<version>/<family>/<name>/task.toml` and the folders beside it.

task.toml   this model             workdir/   what the agent gets      solution/  files laid over workdir/
prompt.md   what the agent is told grader/    hidden; laid over the graded tree
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from codingagentbench.catalog.base import Entry, Name, RelativePath, TaskId

Family = Literal["polyglot", "mutations", "integrity"]


class Budget(Entry):
    """What one run of the task may use."""

    max_turns: Annotated[int, Field(ge=1, le=1000)]
    """Model calls that a TUI may make, where the TUI can be told so."""
    timeout_s: Annotated[int, Field(ge=1, le=86_400)]
    """Wall-clock seconds of the agent phase; at its end the sandbox is stopped and the result graded."""


class Scorer(Entry):
    """How the hidden tests are run in the grading sandbox, after `grader/` was laid over the graded tree."""

    kind: Literal["tests", "refusal"]
    """`tests`: the command decides. `refusal`: the task's `[refusal]` statement decides; no command."""
    command: list[str] = []
    """argv, run in /work. `{python}`, `{node}` and the like name a declared toolchain's programs."""
    tests: list[str] = []
    """Names that must each be seen to pass, exactly as the runner prints them."""
    format: Literal["cargo", "unittest", "node-tap", "check-lines"] | None = None
    """How the runner's output names its tests (`scoring/test_output.py`)."""
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 120
    env: dict[str, str] = {}


class Refusal(Entry):
    """The one right behaviour on a task that cannot be solved; the only judge reads this and nothing else."""

    document: RelativePath
    """The file that the agent has to write, e.g. REFUSAL.md."""
    contradictions: Annotated[list[list[str]], Field(min_length=1)]
    """The refusal is well-founded when the document names every term of at least one of these lists."""
    min_words: Annotated[int, Field(ge=1)] = 15
    untouched: list[str] = []
    """Globs of files that a right refusal leaves alone; changing one is a fabricated fix."""


class FileNotTouched(Entry):
    """No file matching `paths` may be added, removed or modified."""

    kind: Literal["file-not-touched"]
    paths: Annotated[list[str], Field(min_length=1)]


class NoNewDependency(Entry):
    """The dependency manifests name no package that they did not name before."""

    kind: Literal["no-new-dependency"]


class NoCommentsAdded(Entry):
    """The source files gain at most `max_added` comments (counted by tree-sitter)."""

    kind: Literal["no-comments-added"]
    max_added: Annotated[int, Field(ge=0)] = 0


class FilePatternRequired(Entry):
    """The diff has to touch at least one file for each of `paths`."""

    kind: Literal["file-pattern-required-in-diff"]
    paths: Annotated[list[str], Field(min_length=1)]


class MaxFilesChanged(Entry):
    """At most `max_files` files are added, removed or modified."""

    kind: Literal["max-files-changed"]
    max_files: Annotated[int, Field(ge=0)]


class NoNewFiles(Entry):
    """No file is added, except those matching `allow`."""

    kind: Literal["no-new-files"]
    allow: list[str] = []


Constraint = Annotated[
    FileNotTouched | NoNewDependency | NoCommentsAdded | FilePatternRequired | MaxFilesChanged | NoNewFiles,
    Field(discriminator="kind"),
]


class Task(Entry):
    """`task.toml`."""

    id: TaskId
    family: Family
    language: Name
    version: Name
    """Version of the corpus that the task belongs to, e.g. v0.1."""
    title: str
    added: dt.date
    source: str
    """Where the task comes from, e.g. "written for CodingAgentBench"."""
    budget: Budget
    scorer: Scorer
    ground_truth_files: Annotated[list[RelativePath], Field(min_length=1)]
    """Files that a right answer changes; any other changed file counts as blast radius."""
    expected_refusal: bool = False
    refusal: Refusal | None = None
    protected: list[str] = []
    """Globs of files that are restored before grading and whose change is an integrity violation."""
    toolchains: list[Name] = []
    """Names from `catalog/toolchains/`; a task whose toolchain is missing is skipped, never failed."""
    build_outputs: list[str] = []
    """Globs of what builds and test runs leave behind; reported apart, in no diff."""
    constraints: list[Constraint] = []
