"""launch: what the sandbox of the agent will see: TUI bundle, toolchains, config files, environment, argv, the door."""

import asyncio
import shlex
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.load import PluginEntry, TaskFolder
from codingagentbench.catalog.task import Task
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import SetupError
from codingagentbench.runner.plugins import plug
from codingagentbench.runner.prepare import Prepared
from codingagentbench.sandbox.base import DOOR_PORT, HOME, WORK, Limits, Mount, SandboxSpec
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.store.record import AppliedPlugins

ORIGIN = f"http://127.0.0.1:{DOOR_PORT}"
RESULTS = "results"
"""Below the grader's HOME: what `{results}` in a scorer's command names."""
GRADERS = "/opt/cab/graders"
OWN_GRADERS = Path(__file__).parent.parent / "graders"
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass(frozen=True, slots=True)
class Launch:
    """A rendered command with everything that it needs."""

    argv: list[str]
    env: dict[str, str]
    mounts: tuple[Mount, ...]
    toolchains: tuple[str, ...] = ()
    plugins: AppliedPlugins = field(default_factory=AppliedPlugins)


def render_launch(
    tui: Tui,
    bundle: Bundle,
    task: TaskFolder,
    toolchains: Sequence[FoundToolchain],
    prepared: Prepared,
    *,
    model: str,
    token: str,
    timeout_s: float,
    stack: Sequence[PluginEntry] = (),
    plugin_bundles: Mapping[str, Bundle] | None = None,
) -> Launch:
    """Fill the placeholders of the TUI's catalogue entry, write its config files into the private HOME, add plugins.

    Raises SetupError where a plugin cannot be added.
    """
    values = {
        **bundle.placeholders,
        "base_url": f"{ORIGIN}/v1",
        "origin": ORIGIN,
        "key": token,
        "model": model,
        "prompt": task.prompt,
        "max_turns": str(task.task.budget.max_turns),
        "timeout_s": f"{timeout_s:g}",
        "home": HOME,
        "work": WORK,
    }
    for path, text in tui.config.items():
        file = prepared.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fill(text, values))
    plugged = plug(tui, stack, plugin_bundles or {}, prepared.home, lambda text: fill(text, values))
    return Launch(
        argv=command_of(tui, values, plugged.argv),
        env=environment(toolchains) | task.task.env | {k: fill(v, values) for k, v in tui.env.items()} | plugged.env,
        mounts=(
            *_together([*bundle.mounts, *(m for t in toolchains for m in t.mounts)], plugged.mounts),
            *seen_too(task.task, prepared.work),
        ),
        toolchains=tuple(t.name for t in toolchains),
        plugins=plugged.facts(),
    )


def _together(mounts: Sequence[Mount], plugins: Sequence[Mount]) -> tuple[Mount, ...]:
    """All mounts, each once. Two builds of one version of an interpreter would be at one place: refused."""
    places = {m.target: m for m in mounts}
    for mount in plugins:
        if places.setdefault(mount.target, mount) != mount:
            msg = f"two interpreters are wanted at {mount.target}: give the plugin's install another version of it"
            raise SetupError(msg)
    return tuple(dict.fromkeys([*mounts, *plugins]))


def seen_too(task: Task, work: Path) -> tuple[Mount, ...]:
    """The work directory at the second place that the task gives it."""
    return (Mount(work, task.seen_at, writable=True),) if task.seen_at else ()


def grader_places(task: Task, tree: Path) -> tuple[Mount, ...]:
    """Folders of the graded tree that its grader expects elsewhere."""
    return tuple(Mount(tree / folder, place, writable=True) for place, folder in task.scorer.places.items())


def command_of(tui: Tui, values: Mapping[str, str], extra: Sequence[str] = ()) -> list[str]:
    """The entry's argv and `extra`; where commands come before it, a shell that runs them all and becomes the last."""
    *before, last = ([fill(a, values) for a in command] for command in (*tui.before, tui.argv))
    last += extra
    if not before:
        return last
    script = "\n".join(["set -e", *(shlex.join(command) for command in before), f"exec {shlex.join(last)}"])
    return ["/bin/sh", "-c", script]


def environment(toolchains: Sequence[FoundToolchain]) -> dict[str, str]:
    """The plain environment of a sandbox: the toolchains' folders first on PATH, a terminal, no trace of the host's."""
    path = [folder for t in toolchains for folder in t.path]
    env = {"PATH": ":".join([*path, *SYSTEM_PATH]), "LANG": "C.UTF-8", "TERM": "xterm-256color", "USER": "agent"}
    for toolchain in toolchains:
        env |= toolchain.env
    return env


def agent_spec(
    launch: Launch,
    prepared: Prepared,
    limits: Limits,
    *,
    door: Callable[[socket.socket], None],
    on_output: Callable[[bytes], None],
    labels: Mapping[str, str] | None = None,
    stop: asyncio.Event | None = None,
) -> SandboxSpec:
    """The agent's sandbox: a pty, and the gateway's socket as the only door."""
    return SandboxSpec(
        argv=launch.argv,
        work=prepared.work,
        home=prepared.home,
        env=launch.env,
        limits=limits,
        mounts=launch.mounts,
        tty=True,
        door=door,
        on_output=on_output,
        toolchains=launch.toolchains,
        labels=labels or {},
        stop=stop,
    )


def grader_spec(
    argv: Sequence[str],
    toolchains: Sequence[FoundToolchain],
    env: Mapping[str, str],
    limits: Limits,
    *,
    tree: Path,
    home: Path,
    labels: Mapping[str, str] | None = None,
    places: Sequence[Mount] = (),
) -> SandboxSpec:
    """The grader's sandbox: the same toolchains, no TUI, no door, no terminal."""
    programs = {name: path for t in toolchains for name, path in t.programs.items()}
    programs |= {"results": f"{HOME}/{RESULTS}", "graders": GRADERS}
    return SandboxSpec(
        argv=[fill(a, programs) for a in argv],
        work=tree,
        home=home,
        env={**environment(toolchains), "TERM": "dumb", **env},
        limits=limits,
        mounts=(Mount(OWN_GRADERS, GRADERS), *(m for t in toolchains for m in t.mounts), *places),
        toolchains=tuple(t.name for t in toolchains),
        labels=labels or {},
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace `{name}` for the names in `values` only; any other brace stays as it is (JSON and TOML are full of them).

    One pass, so that a brace in a value (a prompt, say) is never read as a placeholder.
    """
    parts = text.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        filled.append(values[name] + rest if brace and name in values else "{" + part)
    return "".join(filled)
