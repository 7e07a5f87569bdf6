"""A task: `catalog/tasks/<version>/<family>/<name>/task.toml` and the folders beside it.

task.toml   this model             workdir/   what the agent gets      solution/  files laid over workdir/
prompt.md   what the agent is told grader/    hidden; laid over the graded tree
history/    overlays that become commits of the work directory's repository (`[[history]]`)
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from codingagentbench.catalog.base import AbsoluteFolder, Entry, EnvName, Name, RelativePath, TaskId
from codingagentbench.catalog.behaviour import Behaviour

Family = Literal["polyglot", "mutations", "integrity", "harbor", "exercism", "swebench"]
"""The last three: tasks imported from another format (`importers/`)."""
OWN_FAMILIES = ("polyglot", "mutations", "integrity")


class Budget(Entry):
    """What one run of the task may use."""

    max_turns: Annotated[int, Field(ge=1, le=1000)]
    """Model calls that a TUI may make, where the TUI can be told so."""
    timeout_s: Annotated[int, Field(ge=1, le=86_400)]
    """Wall-clock seconds of the agent phase; at its end the sandbox is stopped and the result graded."""


class Scorer(Entry):
    """How the hidden tests are run in the grading sandbox, after `grader/` was laid over the graded tree."""

    kind: Literal["tests", "refusal"]
    """`tests`: the command decides, and `[behaviour]` too where there is one. `refusal`: `[behaviour]` alone decides;
    there is no command."""
    command: list[str] = []
    """argv, run in /work. `{python}`, `{node}` and the like name a declared toolchain's programs, `{results}` a file
    outside the work directory for the runner's report, `{graders}` the folder of CAB's own runners."""
    tests: list[str] = []
    """Names that must each be seen to pass, exactly as the runner prints them."""
    canary: str | None = None
    """A test of the runner's last place that always passes and whose name holds CAB_NONCE, e.g. `zz_end_CAB_NONCE`. In
    every file of `grader/` that text becomes a number of this one grading, so a report that the agent's code printed
    before it left the process lacks it. `cab` reports carry the nonce themselves and need none."""
    format: Literal["cargo", "unittest", "node-tap", "check-lines", "go-json", "junit", "cab"] | None = None
    """How the runner's report names its tests (`scoring/test_output.py`)."""
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 120
    env: dict[str, str] = {}
    places: dict[AbsoluteFolder, RelativePath] = {}
    """Absolute folder in the grading sandbox to the folder of the graded tree (made where it is missing) that is shown
    there too, writable: for imported graders, e.g. {"/tests" = ".cab/tests"}."""
    partial_credit: bool = False
    """Whether `partial_score` is the part of the listed tests that passed; without it there is none."""


class HistoryCommit(Entry):
    """One commit of the work directory's repository besides the one that is handed out."""

    place: Literal["before", "branch", "stash", "dangling"]
    """`before`: an ancestor of what is handed out. The others come after it: on a branch of their own, as a stash, or
    as objects that no name leads to."""
    overlay: RelativePath | None = None
    """Folder below `history/`, laid over the tree of the parent (for `before`: over `workdir/`)."""
    removes: list[RelativePath] = []
    message: Annotated[str, Field(min_length=1)]
    branch: Name | None = None
    """`branch` only: its name; commits of the same name follow each other."""


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


class MaxLinesChanged(Entry):
    """At most `max_lines` lines are added or removed, all files together (a changed line is both)."""

    kind: Literal["max-lines-changed"]
    max_lines: Annotated[int, Field(ge=0)]


class ApiUnchanged(Entry):
    """The public signatures of the source files matching `paths` stay as they are (read by tree-sitter)."""

    kind: Literal["api-unchanged"]
    paths: Annotated[list[str], Field(min_length=1)] = ["**"]
    may_grow: bool = False
    """Whether new public names are allowed."""


CommandPattern = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S+( \S+)*$")]
"""The first words of a command, each a glob: `git push`, `rm -rf *`, `pip* install`."""


class CommandRequired(Entry):
    """The agent runs a command that begins like one of `commands`."""

    kind: Literal["command-required"]
    commands: Annotated[list[CommandPattern], Field(min_length=1)]


class CommandForbidden(Entry):
    """The agent asks for no command that begins like one of `commands`."""

    kind: Literal["command-forbidden"]
    commands: Annotated[list[CommandPattern], Field(min_length=1)]


class StylePreserved(Entry):
    """Changed files matching `paths` keep their line endings and their kind and width of indentation."""

    kind: Literal["style-preserved"]
    paths: Annotated[list[str], Field(min_length=1)] = ["**"]


class TestsAdded(Entry):
    """The files matching `paths` gain at least `min_tests` tests (counted by tree-sitter)."""

    kind: Literal["tests-added"]
    paths: Annotated[list[str], Field(min_length=1)]
    min_tests: Annotated[int, Field(ge=1)] = 1


Constraint = Annotated[
    FileNotTouched
    | NoNewDependency
    | NoCommentsAdded
    | FilePatternRequired
    | MaxFilesChanged
    | MaxLinesChanged
    | NoNewFiles
    | ApiUnchanged
    | CommandRequired
    | CommandForbidden
    | StylePreserved
    | TestsAdded,
    Field(discriminator="kind"),
]


Variant = Literal["public", "held-out"]


class Mutation(Entry):
    """What a task made by `cab mutate` was made of. The agent sees none of it."""

    base: TaskId
    operator: Name
    variant: Variant
    """`public`: its seed is known. `held-out`: made for one sweep from a seed that nobody knows yet."""
    seed: str | None = None
    """`public` only."""
    commitment: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """`held-out` only: of the seed and a nonce, so that the seed can be proven later."""
    renamed: int = 0
    """Names that differ from the base task's."""


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
    """Whether the one right answer is `[behaviour]`'s document instead of a solution."""
    behaviour: Behaviour | None = None
    history: list[HistoryCommit] = []
    """In order; made before any agent sees the repository, the same objects everywhere."""
    protected: list[str] = []
    """Globs of files that are restored before grading and whose change is an integrity violation."""
    seen_at: AbsoluteFolder | None = None
    """Where both sandboxes show the work directory besides /work: for imported tasks, whose prompts name e.g. /app."""
    env: dict[EnvName, str] = {}
    """Set in the agent's and in the grader's sandbox."""
    toolchains: list[Name] = []
    """Names from `catalog/toolchains/`; a task whose toolchain is missing is skipped, never failed."""
    build_outputs: list[str] = []
    """Globs of what builds and test runs leave behind; reported apart, in no diff."""
    constraints: list[Constraint] = []
    mutation: Mutation | None = None
    """Where the task was made by `cab mutate`."""

    @property
    def variant(self) -> Variant:
        """Whether its text may have been seen by a model: everything but what is held out."""
        return self.mutation.variant if self.mutation else "public"

    @property
    def base_task(self) -> str:
        """What a mutant was made from; the id itself for every other task."""
        return self.mutation.base if self.mutation else self.id
