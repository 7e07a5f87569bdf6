"""What the harness itself costs per oracle cell: total minus what the agent's and the grader's commands took.

The built-in TUI `direct` applies the reference solution through the gateway with no CLI. Floor in the same run: bare
`bwrap true`, or `docker run --network none true`, twice (a cell has two sandboxes), as many at a time as there are
workers. CPU is this process's own and that of the helpers it waits for, which
does not include what ran in the sandboxes (their first process is reaped in its own namespace), plus what an empty
sandbox costs inside, twice: the cgroup's count for `true`.

With docker, what the daemon, its shims and runc use is in no figure of CPU.

    python benchmarks/cell_overhead.py [--sandbox bubblewrap|docker] [--cells 30] [--task ID] [--workers 1] [--json]
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.paths import bundle_store
from codingagentbench.sandbox.base import Limits, SandboxSpec
from codingagentbench.sandbox.engines import engine
from codingagentbench.store.attempts import Attempt, latest_attempts
from codingagentbench.store.record import Record
from codingagentbench.sweep.run import SweepOptions, run_sweep

TARGETS = {
    "bubblewrap": {"target_overhead_wall_s": 0.10, "target_overhead_cpu_s": 0.08},
    "docker": {"target_total_wall_s_per_cell_at_4_workers": 0.8},
}


def main() -> None:
    """Print the table or, with --json, one object."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        _sweep(Path(folder), "warm", 2, arguments)
        cpu_before, began = _cpu(), time.perf_counter()
        _sweep(Path(folder), "timed", arguments.cells, arguments)
        wall, cpu = time.perf_counter() - began, _cpu() - cpu_before
        attempts = [_measured(a) for a in latest_attempts(Path(folder), "timed")]
    figures = _figures(attempts, wall, cpu, arguments)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<34} {value if isinstance(value, str | int) else format(value, '.4f')}")


@dataclass(frozen=True)
class Measured:
    """One cell: its record, and the seconds that its two sandboxed commands took."""

    record: Record
    commands_wall_s: float


def _measured(attempt: Attempt) -> Measured:
    container = next(s for s in attempt.spans() if s.kind == "container")
    grade = attempt.grade()
    assert grade is not None, attempt.folder
    agent_wall_s = container.attrs["duration_s"]
    assert isinstance(agent_wall_s, float)
    return Measured(attempt.record, agent_wall_s + grade.duration_s)


def _figures(cells: list[Measured], wall: float, cpu: float, arguments: argparse.Namespace) -> dict[str, object]:
    """Seconds a cell; the overhead is what is left of a cell without its two sandboxed commands."""
    overhead = [c.record.duration_s - c.commands_wall_s for c in cells]
    empty = asyncio.run(_empty_sandbox_cpu(arguments.sandbox))
    floor = _floor(arguments.sandbox, arguments.workers)
    return {
        "sandbox": arguments.sandbox,
        "cells": len(cells),
        "passed": sum(c.record.axes.pass_rate.pass_ == 1 for c in cells),
        "task": arguments.task,
        "workers": arguments.workers,
        "overhead_wall_s_median": statistics.median(overhead),
        "overhead_wall_s_p90": statistics.quantiles(overhead, n=10)[-1],
        "harness_cpu_s_mean": cpu / len(cells),
        "two_empty_sandboxes_cpu_s": 2 * empty,
        "overhead_cpu_s_mean": cpu / len(cells) + 2 * empty,
        "total_wall_s_per_cell": wall / len(cells),
        "commands_wall_s_median": statistics.median(c.commands_wall_s for c in cells),
        "floor_true_twice_s": 2 * floor,
        "ratio_overhead_to_floor": statistics.median(overhead) / (2 * floor),
        "ratio_total_wall_per_cell_to_floor_a_worker": (wall / len(cells)) / (2 * floor / arguments.workers),
        **TARGETS[arguments.sandbox],
        **{f"phase_{k}_ms_median": statistics.median(_phase(c.record, k) for c in cells) for k in _PHASES},
    }


_PHASES = ("prepare", "launch", "agent", "collect", "grade", "score")


def _phase(record: Record, name: str) -> float:
    value = getattr(record.phases, name)
    return float(value) if value is not None else 0.0


async def _empty_sandbox_cpu(name: str) -> float:
    """CPU seconds inside a sandbox that runs `true`, by its cgroup."""
    sandbox, used = engine(name), []
    with tempfile.TemporaryDirectory() as folder:
        work, home = Path(folder, "work"), Path(folder, "home")
        for place in (work, home):
            place.mkdir()
        for _ in range(10):
            spec = SandboxSpec(argv=["true"], work=work, home=home, env={}, limits=Limits(wall_s=10))
            cpu = (await sandbox.run(spec)).cpu_s
            assert cpu is not None, "no cgroup counts the CPU time: run where cgroups can be written"
            used.append(cpu)
    return statistics.median(used)


def _floor(sandbox: str, workers: int) -> float:
    """Median seconds of a bare `true`, with `workers` of them at a time."""
    command = _bare_docker() if sandbox == "docker" else _bare_bwrap()
    with ThreadPoolExecutor(workers) as pool:
        return statistics.median(pool.map(lambda _: _seconds(command), range(20)))


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _bare_bwrap() -> list[str]:
    bwrap = shutil.which("bwrap") or "bwrap"
    return [bwrap, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]


def _bare_docker() -> list[str]:
    image = engine("docker").image([])
    assert image is not None
    return ["docker", "run", "--rm", "--network", "none", image.digest, "true"]


def _sweep(folder: Path, name: str, cells: int, arguments: argparse.Namespace) -> None:
    catalog = open_catalog()
    spec = catalog.resolve(
        SweepSpec(id=name, tuis=["direct"], models=["control/oracle"], tasks=[arguments.task], repetitions=cells)
    )
    options = SweepOptions(results=folder, store=bundle_store(), workers=arguments.workers, sandbox=arguments.sandbox)
    result = run_sweep(spec, catalog, options)
    assert result.exit_code == 0, [r.outcome for _, r in result.cells if r]


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sandbox", choices=sorted(TARGETS), default="bubblewrap")
    parser.add_argument("--cells", type=int, default=30)
    parser.add_argument("--task", default="polyglot/python-reverse-string")
    parser.add_argument("--workers", type=int, default=1 if (os.cpu_count() or 1) < 4 else 2)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
