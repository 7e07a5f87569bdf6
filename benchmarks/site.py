# ruff: noqa: A005  # named after what it measures; nothing imports it
"""How long the site takes: cold, with nothing new, and after one new cell. Generating the records is not counted.

Targets (3,465 cells, 2 cores): 5 s cold, 1 s after one new cell. The floor, in the same run: the same files written,
linked and read with nothing between, by one process. Compare ratios, not seconds of different machines.

    python benchmarks/site.py [--cells 3465] [--json]
"""

import argparse
import itertools
import json
import os
import resource
import runpy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codingagentbench.site.assets import build_assets, default_cache
from codingagentbench.site.build import build_site

SAMPLE = Path(__file__).parent.parent / "tests" / "site" / "conftest.py"
TUIS, MODELS, TASKS = 10, 14, 25


def main() -> None:
    """Print the figures or, with --json, one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=3465)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    assets = build_assets(default_cache(), lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), arguments.cells, assets)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<22} {value}")


def measure(folder: Path, cells: int, assets: Path) -> dict[str, Any]:
    """Seconds of wall clock and of CPU (all processes) for each build, and what they wrote."""
    results, out = folder / "results", folder / "out"
    sample = runpy.run_path(str(SAMPLE))

    def write(**names: object) -> None:
        sample["write_attempt"](results, sample["make_record"](sweep="big", **names))

    for number, (tui, model, task, repetition) in enumerate(itertools.islice(_matrix(), cells)):
        outcome = "failed" if number % 3 == 0 else "passed"
        write(tui=tui, model=model, task=task, repetition=repetition, outcome=outcome)

    def build() -> dict[str, Any]:
        report = build_site(results, out, catalog=None, assets=assets, log=print)
        return {"cells": report.cells, "pages_written": report.pages_written}

    cold, again = _timed(build), _timed(build)
    write(tui="tui-0", model="vendor-0/model-0", task="polyglot/new")
    one_more, floor = _timed(build), _timed(lambda: _floor(out, folder / "floor"))
    return {
        "cores": os.cpu_count(),
        "cold": cold,
        "nothing_new": again,
        "one_new_cell": one_more,
        "floor": floor,
        "cold_over_floor": round(cold["wall_s"] / floor["wall_s"], 2),
    }


def _matrix() -> itertools.chain[tuple[str, str, str, int]]:
    tasks = [f"{'polyglot' if i % 5 else 'mutations'}/task-{i}" for i in range(TASKS)]
    models = [f"vendor-{i % 4}/model-{i}" for i in range(MODELS)]
    tuis = [f"tui-{i}" for i in range(TUIS)]
    return itertools.chain.from_iterable(itertools.product(tuis, models, tasks, [n]) for n in itertools.count(1))


def _floor(out: Path, target: Path) -> dict[str, Any]:
    """The built site once more: pages, badges and scripts written, everything else linked after it was read."""
    files = 0
    for here, _, names in os.walk(out):
        folder = target / os.path.relpath(here, out)
        folder.mkdir(parents=True)
        for name in names:
            content = (Path(here) / name).read_bytes()
            if name.endswith((".html", ".svg", ".js", ".css")):
                (folder / name).write_bytes(content)
            else:
                os.link(Path(here) / name, folder / name)
            files += 1
    return {"files": files}


def _timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began, cpu = time.perf_counter(), _cpu()
    said = work()
    return {"wall_s": round(time.perf_counter() - began, 3), "cpu_s": round(_cpu() - cpu, 3), **said}


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


if __name__ == "__main__":
    main()
