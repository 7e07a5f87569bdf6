"""A sweep's held-out tasks: made when it begins, kept where no sandbox and no repository sees them."""

import hashlib
import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec

from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.sweep import HeldOut, SweepSpec
from codingagentbench.errors import SetupError, UsageError, unknown_name
from codingagentbench.globs import matches
from codingagentbench.mutation.emit import write_mutant
from codingagentbench.mutation.mutate import Seed
from codingagentbench.mutation.run import make_mutants
from codingagentbench.mutation.secret import FOLDER, open_secret, publish, read_secret
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.store.attempts import latest_attempts
from codingagentbench.wording import counted


class MadeTasks(msgspec.Struct, frozen=True):
    """`.held-out/tasks.json`: what was made, and of what."""

    key: str
    tasks: list[str]


def with_held_out(
    spec: SweepSpec, catalog: Catalog, engine: Sandbox, results: Path, workers: int | None, log: Callable[[str], None]
) -> tuple[SweepSpec, Catalog]:
    """The sweep with its held-out tasks (and their public counterparts) among its tasks, and a catalogue that has them.

    They are made once: a sweep that goes on, goes on with the same. Raises UsageError where nothing can be made.
    """
    wanted = spec.held_out
    if wanted is None:
        return spec, catalog
    sweep = results / spec.id
    secret, root = open_secret(sweep), sweep / FOLDER / "catalog"
    bases = _bases(wanted, catalog)
    key = _key(secret.commitment, wanted, bases, catalog)
    index = sweep / FOLDER / "tasks.json"
    made = _known(index)
    if made is None or made.key != key:
        making = f"{counted(wanted.count, 'mutant')} of {counted(len(bases), 'task')}"
        log(f"held out: making {making}, commitment {secret.commitment}")
        seeds = [Seed(str(secret.seed), secret.commitment)]
        seeds += [Seed(wanted.public_seed)] if wanted.public_seed is not None else []
        tasks = [t for seed in seeds for t in _make(catalog, bases, seed, wanted.count, root, engine, workers, log)]
        made = MadeTasks(key, tasks)
        index.write_bytes(msgspec.json.encode(made))
    if not made.tasks:
        msg = f"sweep {spec.id!r}: held_out.base: no mutant could be made of {', '.join(bases)}"
        raise UsageError(msg)
    return spec.model_copy(update={"tasks": [*spec.tasks, *made.tasks]}), Catalog([*catalog.roots, root])


class Revealed(msgspec.Struct, frozen=True):
    """What `cab mutate --reveal` says."""

    sweep: str
    commitment: str
    seed: str
    nonce: str
    cells: int
    """Held-out cells with a sealed record; every one of them carries the commitment."""
    tasks: list[str]
    command: str


def revealed(results: Path, sweep: str) -> Revealed:
    """Check every held-out record of the sweep against its secret, then publish it.

    Raises UsageError where there is none, where no cell was held out, or where a record carries another commitment.
    """
    records = [attempt.record for attempt in latest_attempts(results, sweep)]
    held = [record for record in records if record.variant == "held-out"]
    if not held:
        msg = f"sweep {sweep!r}: no cell of it was held out: nothing to reveal"
        raise UsageError(msg)
    secret = read_secret(results / sweep)
    others = [record.cell_id for record in held if record.commitment != secret.commitment]
    if others:
        msg = f"{others[0]} (and {len(others) - 1} more) carries another commitment than {secret.commitment}"
        raise UsageError(msg)
    publish(results / sweep, secret)
    bases = sorted({record.base_task or "" for record in held})
    most = max(len({r.task_id for r in held if r.base_task == base}) for base in bases)
    return Revealed(
        sweep=sweep,
        commitment=secret.commitment,
        seed=str(secret.seed),
        nonce=str(secret.nonce),
        cells=len(held),
        tasks=sorted({record.task_id for record in held}),
        command=f"cab mutate {' '.join(bases)} --seed {shlex.quote(str(secret.seed))} --count {most}",
    )


def _bases(wanted: HeldOut, catalog: Catalog) -> list[str]:
    """Task ids in the catalogue's order. A glob takes what can be mutated; a task by name has to be such a one."""
    found: dict[str, None] = {}
    for pattern in wanted.base:
        named = [task for task in catalog.task_places if matches(task, [pattern])]
        if not named:
            raise unknown_name("task", pattern, catalog.task_places)
        found |= dict.fromkeys(named)
    return list(found)


def _make(
    catalog: Catalog,
    bases: list[str],
    seed: Seed,
    count: int,
    root: Path,
    engine: Sandbox,
    workers: int | None,
    log: Callable[[str], None],
) -> list[str]:
    """Ids of what was written. A base that has no mutants (or no toolchain here) is said and left out."""
    made = []
    for base in bases:
        try:
            result = make_mutants(catalog, base, seed, count, engine, workers=workers, log=lambda _: None)
        except (UsageError, SetupError) as error:
            log(f"held out: left out: {error}")
            continue
        for mutant in result.mutants:
            write_mutant(mutant.made, catalog.task(base).task.version, root)
            made.append(f"mutations/{mutant.made.name}")
        if len(result.mutants) < count:
            log(f"held out: {base} gave {len(result.mutants)} of {count}")
    return made


def _key(commitment: str, wanted: HeldOut, bases: list[str], catalog: Catalog) -> str:
    parts = [commitment, wanted.model_dump_json(), *(catalog.task(base).digest for base in bases)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _known(index: Path) -> MadeTasks | None:
    try:
        return msgspec.json.decode(index.read_bytes(), type=MadeTasks)
    except (OSError, msgspec.MsgspecError):
        return None
