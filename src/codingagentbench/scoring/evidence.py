"""What scoring may look at: the stored evidence of one attempt, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codingagentbench.catalog.task import Task
from codingagentbench.store.record import AskedCommand, Changes, Grade, ModelCall


@dataclass(frozen=True, slots=True)
class SourcePair:
    """A changed text file before and after; None on the side where it does not exist (or is not text)."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One attempt. Everything here is read back from the attempt's directory and the task."""

    task: Task
    changes: Changes
    sources: Mapping[str, SourcePair]
    """Changed files by path, rebuilt from the task's work directory and `diff.patch`."""
    model_calls: Sequence[ModelCall] | None
    """None: not known."""
    grade: Grade | None
    """None: not graded."""
    droppings: Sequence[str]
    """The TUI's declared globs."""
    wall_clock_ms: float | None
    container_active_ms: float | None
    commands: Sequence[AskedCommand] | None = None
    """Command lines that the model asked for; None where not every reply is stored."""
    tui_reported_prompt_tokens: int | None = None
    tui_reported_completion_tokens: int | None = None
