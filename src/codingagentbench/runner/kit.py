"""What all cells of a sweep share, made once: catalogue, engine, gateway, bundles, toolchains, templates."""

import datetime as dt
import hashlib
import os
import platform
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.budget import SweepBudget
from codingagentbench.catalog.load import Catalog, TaskFolder
from codingagentbench.catalog.plugins import marks_of
from codingagentbench.catalog.prices import Quote
from codingagentbench.catalog.sweep import ProviderTool
from codingagentbench.gateway.backends import Backend, CassetteBackend
from codingagentbench.gateway.cassettes.player import Player
from codingagentbench.gateway.server import Gateway
from codingagentbench.runner.backend import backend_for
from codingagentbench.runner.prepare import Template, make_template
from codingagentbench.sandbox.base import Limits, Sandbox
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.store.record import Host
from codingagentbench.sweep.budgets import Budgets
from codingagentbench.sweep.plan import PlannedCell


@dataclass
class Templates:
    """The templates of a sweep's tasks, each made when first asked for, by one thread."""

    folder: Path
    made: dict[tuple[str, tuple[str, ...]], Template] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, catalog: Catalog, task: TaskFolder, stack: Sequence[str]) -> Template:
        """The template of a task with those plugins of a stack that the TUI takes."""
        key = (task.task.id, tuple(stack))
        with self.lock:
            if key not in self.made:
                plugins = [catalog.plugin(name).plugin for name in stack]
                self.made[key] = make_template(task, plugins, self.folder / f"template-{len(self.made)}")
            return self.made[key]


@dataclass(frozen=True)
class Kit:
    """Everything that `run_cell` needs besides the cell."""

    catalog: Catalog
    engine: Sandbox
    gateway: Gateway
    bundles: Mapping[str, Bundle]
    results: Path
    scratch: Path
    templates: Templates
    endpoint_override: str | None = None
    """`--endpoint`: the base URL for every model that is no control."""
    grant_tools: Sequence[ProviderTool] = ()
    """Provider-side tools that the sweep grants."""
    plugin_bundles: Mapping[str, Bundle] = field(default_factory=dict)
    """Of MCP servers, by plugin."""

    budgets: Budgets = field(default_factory=lambda: Budgets(SweepBudget()))
    players: Mapping[str, Player] = field(default_factory=dict)
    """Cells, by id, whose calls are answered from a cassette."""
    limits: Limits = field(default_factory=lambda: Limits(wall_s=0))
    """Of every sandbox but for its time, which the cell and the task say."""
    day: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())
    """The day of the sweep: prices in force on it count for all of its cells."""

    def price(self, model: str) -> Quote | None:
        """What a model costs; None where no price table says."""
        return self.catalog.quote(model, self.day)

    def toolchains(self, task: TaskFolder) -> list[FoundToolchain]:
        """The task's toolchains as the engine's sandboxes see them. Raises MissingToolchainError."""
        return [self.engine.find_toolchain(self.catalog.toolchain(name)) for name in task.task.toolchains]

    def backend(self, cell: PlannedCell, task: TaskFolder) -> Backend:
        """Who answers the cell's model calls. Raises SetupError when the endpoint's key is not in the environment."""
        if player := self.players.get(cell.cell_id):
            return CassetteBackend(player)
        tui = self.catalog.tui(cell.tui).tui
        marks = [m for name in cell.plugin_stack if (m := marks_of(self.catalog.plugin(name), tui))]
        return backend_for(self.catalog.model(cell.model), task, tui, self.endpoint_override, marks)


def make_scratch() -> tempfile.TemporaryDirectory[str]:
    """The folder for work directories, outside the results, private to this user."""
    return tempfile.TemporaryDirectory(prefix=f"cab-{os.getpid()}-", ignore_cleanup_errors=True)


@cache
def host_facts() -> Host:
    """This machine, without anything that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        system = platform.system()
    return Host(
        os=system,
        kernel=platform.release(),
        arch=platform.machine(),
        cpus=os.cpu_count() or 1,
        memory_mib=memory,
        python=platform.python_version(),
    )


@cache
def harness_digest() -> str:
    """sha256 over the harness's own source files (path and content), so that a record names the code that made it."""
    package = Path(__file__).parent.parent
    total = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(package).as_posix()}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"
