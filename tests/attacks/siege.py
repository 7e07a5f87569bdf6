"""Runs the attacks through the way of a cell, each followed by an honest cell, and looks at what they left."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import uvloop
import zstandard

from attacks.listing import AGENTS, KIT, Attack
from attacks.neighbour import CELL, Neighbour, living
from attacks.world import SECRET, World, make_world
from codingagentbench.bundles.bundle import install
from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.doctor.scaffold import new_task
from codingagentbench.doctor.static import TO_FILL_IN
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.server import Gateway
from codingagentbench.gateway.session import CellSession
from codingagentbench.runner.cell import run_cell
from codingagentbench.runner.kit import Kit, Templates, make_scratch
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.cgroups import make_group
from codingagentbench.sandbox.engines import engine
from codingagentbench.store.attempts import latest_attempt, read_attempt
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.plan import PlannedCell, plan_cells

TASK = "polyglot/vault"
LIMITS = Limits(wall_s=0, memory_bytes=256 << 20, pids=128, disk_bytes=192 << 20, files=12_000)
FLOOD = 1 << 30
GRADING_S = 60
MOST_STORED = 64 << 20
WORKERS = 3


@dataclass
class Fallout:
    """What one attack left. `wrong` is empty where everything held."""

    attack: Attack
    engine: str
    record: Record
    after: Record
    """Of the honest cell that came next."""
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In one word."""
        return "GOT THROUGH" if self.wrong else "held"


@dataclass
class Siege:
    """One engine, everything that its attacks left, and where."""

    engine: str
    results: Path
    fallout: dict[str, Fallout]
    wrong: list[str]
    """What no single attack can be blamed for."""


def besiege(
    name: str, chosen: Sequence[Attack], folder: Path, told: Callable[[Fallout], None] = lambda _: None
) -> Siege:
    """Run `chosen` on an engine. Raises SetupError where the engine cannot run here."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "world").mkdir()
    with make_world(folder / "world") as world, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_besiege(name, chosen, folder, world, told))


async def _besiege(
    name: str, chosen: Sequence[Attack], folder: Path, world: World, told: Callable[[Fallout], None]
) -> Siege:
    catalog = _catalog(folder / "catalog", chosen, world)
    results = folder / "results"
    sandbox = engine(name, hidden=[*catalog.roots, results])
    await asyncio.to_thread(sandbox.preflight)
    entry = catalog.tui("direct")
    bundle = install(entry.tui, entry.file, store=folder / "bundles", log=lambda _: None)
    bundles = dict.fromkeys(["direct", *(_tui(a) for a in chosen)], bundle)
    os.environ["CAB_ATTACK_KEY"] = world.key
    async with Gateway() as gateway:
        with make_scratch() as scratch:
            kit = Kit(
                catalog, sandbox, gateway, bundles, results, Path(scratch), Templates(Path(scratch)), limits=LIMITS
            )
            foreign = _foreign(kit, folder)
            python = catalog.toolchain("python")
            async with living(
                sandbox, python, kit.scratch, LIMITS, door=foreign.listen, token=foreign.token
            ) as neighbour:
                _tell(catalog, world, folder, Path(scratch), foreign.token, neighbour)
                queue, fallout = list(reversed(chosen)), dict[str, Fallout]()

                async def work() -> None:
                    while queue:
                        attack = queue.pop()
                        fallout[attack.name] = await _one(attack, kit, world, neighbour)
                        told(fallout[attack.name])

                await asyncio.gather(*(work() for _ in range(WORKERS)))
            wrong = [f"the other cell has {len(calls)} calls" for calls in [await foreign.close()] if calls]
            left = await asyncio.to_thread(lambda: list(Path(scratch).iterdir()))
            wrong += [f"left in the scratch folder: {p}" for p in left if "template" not in p.name]
    wrong += [f"processes are alive: {left}" for left in [world.survivors()] if left]
    wrong += _leftovers(name)
    return Siege(name, results, fallout, wrong)


async def _one(attack: Attack, kit: Kit, world: World, neighbour: Neighbour) -> Fallout:
    """The attack, then an honest cell; what is wrong with either, or with the machine."""
    hostile, honest = _cells(attack, kit.catalog, kit)
    record = await run_cell(hostile, kit)
    left = [*_on_the_machine(world), *await asyncio.to_thread(neighbour.harm)]
    after = await run_cell(honest, kit)
    found = Fallout(attack, kit.engine.name, record, after, left)
    found.wrong += await asyncio.to_thread(_in_the_record, found, kit, neighbour, hostile, honest)
    return found


def _on_the_machine(world: World) -> list[str]:
    wrong = [f"somebody reached the listener {name}" for name in world.visitors()]
    if world.digest() != world.pristine:
        wrong.append("a file of the machine was changed")
    if world.victim.poll() is not None:
        wrong.append("a process of the machine was ended")
    return wrong


def _in_the_record(
    found: Fallout, kit: Kit, neighbour: Neighbour, hostile: PlannedCell, honest: PlannedCell
) -> list[str]:
    record, attack, wrong = found.record, found.attack, list[str]()
    if record.outcome not in attack.outcomes:
        wrong.append(
            f"outcome {record.outcome} ({record.outcome_detail}), expected {', '.join(sorted(attack.outcomes))}"
        )
    if record.cause != "agent" or record.cause != FAILURES[record.outcome].cause:
        wrong.append(f"cause {record.cause}")
    if record.axes.pass_rate.pass_ != 0:
        wrong.append(f"pass {record.axes.pass_rate.pass_}")
    attempt = latest_attempt(kit.results, hostile.cell_id)
    if read_attempt(attempt.folder).record != record:
        wrong.append("the sealed record is another")
    log = (attempt.folder / "agent.log").read_text() if (attempt.folder / "agent.log").exists() else ""
    grade = attempt.grade()
    reports = [*log.splitlines(), *(grade.stdout if grade else "").splitlines()]
    wrong += [line for line in reports if "ESCAPED " in line][:10]
    if "TRIED " not in log:
        wrong.append(f"the attack tried nothing: {log[-500:]}")
    if "Traceback" in log and "ESCAPED" not in log:
        wrong.append(f"the attack broke down: {log[-700:]}")
    wrong += _stored(attempt.folder, neighbour.secret)
    if found.after.outcome != "passed" or found.after.axes.pass_rate.pass_ != 1:
        wrong.append(f"the next cell: {found.after.outcome} ({found.after.outcome_detail})")
    return wrong


def _stored(folder: Path, neighbours: str) -> list[str]:
    """Secrets in what an agent can write, the other cell's in anything at all, and what is too large."""
    wrong, total = [], 0
    for file in folder.iterdir():
        data = file.read_bytes()
        total += len(data)
        if file.suffix == ".zst":
            data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
        if neighbours.encode() in data:
            wrong.append(f"the other cell's secret is in {file.name}")
        if file.name not in {"grade.json", "record.json"} and SECRET.encode() in data:
            wrong.append(f"a secret of the machine is in {file.name}")
    return [*wrong, *([f"{total >> 20} MiB are stored"] if total > MOST_STORED else [])]


def _leftovers(name: str) -> list[str]:
    group = make_group()
    parents = {folder.parent for folder in group.folders.values()}
    left = [f for p in parents for f in p.glob(f"cab-{os.getpid()}-*") if f not in group.folders.values()]
    for folder in set(group.folders.values()):
        folder.rmdir()
    wrong = [f"left cgroup {folder}" for folder in left]
    if name == "docker":
        command = ["docker", "ps", "-aq", "--filter", f"name=cab-{os.getpid()}"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        wrong += [f"left container {c}" for c in found]
    return wrong


def _cells(attack: Attack, catalog: Catalog, kit: Kit) -> tuple[PlannedCell, PlannedCell]:
    """The attack's cell and the honest one after it."""
    specs = [
        ("attacks", _tui(attack), "control/noop"),
        (f"after-{attack.name.replace('_', '-')}", "direct", "control/oracle"),
    ]
    made = []
    for sweep, tui, model in specs:
        spec = SweepSpec(id=sweep, tuis=[tui], models=[model], tasks=[TASK])
        (cell,) = plan_cells(spec, catalog, kit.bundles, {}, {}, engine=kit.engine)
        made.append(cell)
    return msgspec.structs.replace(made[0], timeout_s=attack.timeout_s), made[1]


def _tui(attack: Attack) -> str:
    return f"attack-{attack.name.replace('_', '-')}"


def _foreign(kit: Kit, folder: Path) -> CellSession:
    """Another cell of the same gateway, whose token the attacks are told."""
    task, hands = kit.catalog.task(TASK), kit.catalog.tui("direct").tui.hands
    backend = ControlBackend("oracle", task.task, task.workdir, task.solution, hands)
    return kit.gateway.open_cell(
        cell_id=CELL, model="control/noop", backend=backend, bodies=folder / "other-bodies.zst"
    )


def _catalog(root: Path, chosen: Sequence[Attack], world: World) -> Catalog:
    """A catalogue of ours: a task whose hidden parts hold secrets, and every attack as a TUI."""
    for part in ("toolchains", "models", "images"):
        shutil.copytree(own_root() / part, root / part)
    place = new_task(TASK, "python", root)
    for file in (place / "task.toml", place / "prompt.md"):
        text = file.read_text().replace(TO_FILL_IN, "the sum is a difference")
        file.write_text(text.replace('format = "cab"', f'format = "cab"\ntimeout_s = {GRADING_S}'))
    for secret in ("grader/tests/test_hidden.py", "solution/src/total.py"):
        (place / secret).write_text(f"# {world.key}\n{(place / secret).read_text()}")
    (root / "tuis").mkdir()
    shutil.copy(own_root() / "tuis" / "direct.toml", root / "tuis")
    for attack in chosen:
        (root / "tuis" / f"{_tui(attack)}.toml").write_text(_entry(attack))
    return Catalog([root])


def _entry(attack: Attack) -> str:
    scripts = {".attack/kit.py": (AGENTS / KIT).read_text(), ".attack/agent.py": attack.script}
    return "\n".join(
        [
            f'name = "{_tui(attack)}"\ntitle = "attack"\nhomepage = "https://codingagentbench.invalid"',
            'licence = "Apache-2.0"\nwire = "chat"',
            'argv = ["{python}", "-S", "-B", "{home}/.attack/agent.py"]',
            '[install]\nregistry = "builtin"\npackage = "direct"\nversion = "1"',
            '[env]\nCAB_KEY = "{key}"\nCAB_MODEL = "{model}"\nCAB_TARGET = "@TARGET@"',
            '[token_report]\nformat = "none"\n[config]',
            *(f"{json.dumps(path)} = {json.dumps(text)}" for path, text in scripts.items()),
            "",
        ]
    )


def _tell(catalog: Catalog, world: World, folder: Path, scratch: Path, token: str, neighbour: Neighbour) -> None:
    """Give every attack what it may know; known only once the gateway runs."""
    task = catalog.task(TASK)
    knows = {
        **world.knows(),
        "secret_files": [str(task.folder / "grader/tests/test_hidden.py"), str(task.folder / "solution/src/total.py")],
        "catalog": str(catalog.roots[0]),
        "results": str(folder / "results"),
        "scratch": str(scratch),
        "foreign_token": token,
        "neighbour": neighbour.knows(),
        "flood": FLOOD,
    }
    for entry in catalog.tuis.values():
        if "CAB_TARGET" in entry.tui.env:
            entry.tui.env["CAB_TARGET"] = json.dumps(knows)
