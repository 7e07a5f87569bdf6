"""From a task and a seed to mutants: names, sites, trials, folders."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.catalog.load import Catalog, TaskFolder
from codingagentbench.catalog.task import Mutation as Origin
from codingagentbench.errors import UsageError
from codingagentbench.mutation.base import Base, candidate_names, read_base, with_names
from codingagentbench.mutation.emit import Made, make_mutant
from codingagentbench.mutation.operators import RULES
from codingagentbench.mutation.sites import Mutation, in_seeds_order, mutations
from codingagentbench.mutation.trees import language_of
from codingagentbench.mutation.trial import Bench, Ending, Verdict
from codingagentbench.mutation.wording import prompt_of
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.toolchains import FoundToolchain

MOST_RENAMINGS = 24
"""Trials that finding the names may take; names that are not cleared by then stay as they are."""


@dataclass(frozen=True, slots=True)
class Seed:
    """What decides everything, and what of it the task may tell."""

    text: str
    commitment: str | None = None
    """Set: the mutants are held out, and only this is written into them."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One that was built, killed twice alike, and made a task."""

    base: str
    language: str
    operator: str
    path: str
    failing: tuple[str, ...]
    made: Made


@dataclass
class Yield:
    """What came of one task and seed."""

    base: str
    language: str
    renamed: int
    sites: int
    mutants: list[Mutant] = field(default_factory=list)
    tried: Counter[tuple[str, Ending]] = field(default_factory=Counter)
    """(operator, ending) to number."""


Progress = Callable[[str], None]


async def mutate(
    catalog: Catalog, task: TaskFolder, seed: Seed, count: int, engine: Sandbox, *, workers: int, log: Progress
) -> Yield:
    """The first `count` mutants in the seed's order; fewer where the task has no more.

    Raises UsageError for a task that has no mutants, SetupError without its toolchains.
    """
    base = read_base(task)
    toolchains = [engine.find_toolchain(catalog.toolchain(name)) for name in task.task.toolchains]
    with tempfile.TemporaryDirectory(prefix="cab-mutate-", ignore_cleanup_errors=True) as scratch:
        bench = await _renamed_bench(base, seed.text, engine, toolchains, Path(scratch), log)
        found = in_seeds_order(seed.text, _sites(bench.base))
        result = Yield(task.task.id, task.task.language, len(bench.base.names), len(found))
        # The waves are as large as what is still wanted, never as the workers: the same mutants are tried everywhere.
        while found and len(result.mutants) < count:
            size = count - len(result.mutants)
            wave, found = found[:size], found[size:]
            verdicts = await _tried(bench, wave, workers)
            for mutation, verdict in zip(wave, verdicts, strict=True):
                result.tried[mutation.operator, verdict.ending] += 1
                if verdict.ending == "killed":
                    result.mutants.append(_mutant(bench.base, seed, mutation, verdict))
            log(f"{task.task.id}: {len(result.mutants)} of {count} mutants, {len(found)} sites left")
    return result


def _sites(base: Base) -> list[Mutation]:
    return [
        mutation
        for path, content in base.sources().items()
        if (language := language_of(path, content)) in RULES and language is not None
        for mutation in mutations(language, path, content)
    ]


async def _tried(bench: Bench, wave: Sequence[Mutation], workers: int) -> list[Verdict]:
    room = asyncio.Semaphore(workers)

    async def one(mutation: Mutation) -> Verdict:
        mutated = mutation.apply(bench.base.work[mutation.path])
        async with room:
            first = await bench.mutant(mutation.path, mutated)
            if first.ending != "killed":
                return first
            again = await bench.mutant(mutation.path, mutated)
        # one that is killed by chance is no task: its tests have to fail alike
        return first if (again.ending, again.failing) == (first.ending, first.failing) else Verdict("survived")

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one(mutation)) for mutation in wave]
    return [task.result() for task in running]


async def _renamed_bench(
    base: Base, seed: str, engine: Sandbox, toolchains: Sequence[FoundToolchain], scratch: Path, log: Progress
) -> Bench:
    """The base under as many new names as its solution still passes with."""
    candidates = candidate_names(base, seed)
    trials = 0

    async def bench_with(names: Sequence[str]) -> Bench | None:
        nonlocal trials
        trials += 1
        chosen = with_names(base, {name: candidates[name] for name in names})
        bench = Bench(chosen, engine, toolchains, scratch / f"names-{trials}")
        return bench if (await bench.correct()).ending == "survived" else None

    best = await bench_with(list(candidates))
    if best is not None:
        return best
    kept: list[str] = []
    best = await bench_with(kept)
    if best is None:
        msg = f"task {base.task.task.id}: its solution does not pass here: `cab task doctor {base.task.task.id}`"
        raise UsageError(msg)
    queue = _halves(list(candidates))
    while queue and trials < MOST_RENAMINGS:
        group = queue.pop(0)
        better = await bench_with([*kept, *group])
        if better is not None:
            best, kept = better, [*kept, *group]
        elif len(group) > 1:
            queue = [*_halves(group), *queue]
        else:
            log(f"{base.task.task.id}: {group[0]} keeps its name: the solution does not pass without it")
    return best


def _halves(names: list[str]) -> list[list[str]]:
    middle = (len(names) + 1) // 2
    return [half for half in (names[:middle], names[middle:]) if half]


def _mutant(base: Base, seed: Seed, mutation: Mutation, verdict: Verdict) -> Mutant:
    held = seed.commitment is not None
    origin = Origin(
        base=base.task.task.id,
        operator=mutation.operator,
        variant="held-out" if held else "public",
        seed=None if held else seed.text,
        commitment=seed.commitment,
        renamed=len(base.names),
    )
    mark = f"{mutation.path}:{mutation.start}:{mutation.end}:{mutation.text}"
    prompt = prompt_of(seed.text, base.prompt, mutation.path, list(verdict.failing), mark)
    made = make_mutant(base, mutation.path, mutation.apply(base.work[mutation.path]), prompt, origin)
    return Mutant(base.task.task.id, base.task.task.language, mutation.operator, mutation.path, verdict.failing, made)
