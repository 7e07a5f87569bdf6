"""One attempt on its way: what each step leaves for the next, and for the record when a step fails."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.catalog.load import PluginEntry, TaskFolder
from codingagentbench.catalog.plugins import marks_of, why_skipped
from codingagentbench.catalog.tui import Tui
from codingagentbench.gateway.cassettes.player import Player
from codingagentbench.runner.agent import AgentRun
from codingagentbench.runner.collect import Collected
from codingagentbench.runner.crash import crashed
from codingagentbench.runner.kit import Kit
from codingagentbench.runner.trace import CellTrace
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.scoring.evidence import SourcePair
from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import AppliedPlugins, AskedCommand, Grade
from codingagentbench.sweep.failures import Observed
from codingagentbench.sweep.plan import PlannedCell


@dataclass
class CellRun:
    """Filled step by step; None is "not reached". Phases are milliseconds by name."""

    cell: PlannedCell
    kit: Kit
    task: TaskFolder
    tui: Tui
    folder: Path
    attempt: int
    scratch: Path
    trace: CellTrace = field(default_factory=CellTrace)
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    phases: dict[str, float] = field(default_factory=dict)
    toolchains: list[FoundToolchain] = field(default_factory=list)
    agent: AgentRun | None = None
    wall_clock_ms: float | None = None
    collected: Collected | None = None
    commands: list[AskedCommand] | None = None
    plugins: AppliedPlugins | None = None
    """Known from the launch on."""
    player: Player | None = None
    """Where the cell is a replay."""
    sources: dict[str, SourcePair] = field(default_factory=dict)
    grade: Grade | None = None
    outcome: str | None = None
    """Set when the way ended early; otherwise the scores decide."""
    detail: str = ""
    scrubber: Scrubber = field(default_factory=Scrubber)
    """Of everything that is stored."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a step."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.phases[name] = (time.perf_counter() - began) * 1000

    @property
    def stack(self) -> list[PluginEntry]:
        """The plugins that were asked for."""
        return [self.kit.catalog.plugin(name) for name in self.cell.plugin_stack]

    @property
    def taken(self) -> list[str]:
        """Those of them that the TUI takes."""
        return [entry.plugin.name for entry in self.stack if why_skipped(self.tui, entry.plugin) is None]

    @property
    def taught(self) -> bool:
        """Whether one of those leaves marks in the TUI's requests."""
        return any(marks_of(entry, self.tui) for entry in self.stack if entry.plugin.name in self.taken)

    @property
    def image(self) -> Image:
        """What the agent's sandbox is made of: the container's image, or the TUI's bundle under an image's name."""
        bundle = self.kit.bundles[self.cell.tui]
        return self.kit.engine.image(self.task.task.toolchains) or Image(bundle.image, bundle.digest)

    def observed(self) -> Observed:
        """What classifies the outcome. The agent phase must have ended."""
        if self.agent is None:
            msg = "the agent phase has not ended"
            raise RuntimeError(msg)
        ended = self.agent.exit
        return Observed(
            exit_code=ended.exit_code,
            timed_out=ended.timed_out,
            out_of_memory=ended.out_of_memory,
            disk_full=ended.disk_full,
            model_calls=self.agent.calls,
            grade=self.grade,
            crashed=crashed(self.tui.crash, ended.exit_code, ended.signal, self.agent.output),
        )
