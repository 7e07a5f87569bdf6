"""Tables and JSON rows of `cab mutate`."""

import sys
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from codingagentbench.cli.fitted import plain_table
from codingagentbench.cli.tables import make_console
from codingagentbench.mutation.mutate import Mutant, Yield
from codingagentbench.sweep.held_out import Revealed
from codingagentbench.wording import counted


def mutant_row(mutant: Mutant) -> dict[str, object]:
    """One line of --json."""
    return {
        "task_id": f"mutations/{mutant.made.name}",
        "digest": mutant.made.digest,
        "base": mutant.base,
        "language": mutant.language,
        "operator": mutant.operator,
        "path": mutant.path,
        "killed_by": list(mutant.failing),
    }


def yield_row(result: Yield) -> dict[str, object]:
    """The line of --json that follows a task's mutants: what became of everything that was tried."""
    tried: dict[str, dict[str, int]] = {}
    for (operator, ending), number in sorted(result.tried.items()):
        tried.setdefault(operator, {})[ending] = number
    return {
        "yield_of": result.base,
        "language": result.language,
        "renamed": result.renamed,
        "sites": result.sites,
        "mutants": len(result.mutants),
        "tried": tried,
    }


def print_revealed(found: Revealed, *, json: bool) -> None:
    """The seed, and how to make the tasks again."""
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    console = make_console()
    for name in ("sweep", "commitment", "seed", "nonce"):
        console.print(Text(f"{name}: {getattr(found, name)}"), soft_wrap=True)
    carrying = f"{counted(found.cells, 'cell')} of {counted(len(found.tasks), 'held-out task')}"
    console.print(Text(f"with the commitment: {carrying}"))
    console.print(Text(f"make them again: {found.command}", style="dim"), soft_wrap=True)


def print_yields(console: Console, found: Sequence[Yield]) -> None:
    """The mutants, then what became of everything that was tried."""
    table = plain_table()
    for name in ("mutant", "of", "operator", "file", "killed by"):
        table.add_column(name, no_wrap=name == "mutant")
    for result in found:
        for m in result.mutants:
            killers = f"{len(m.failing)} tests"
            table.add_row(f"mutations/{m.made.name}", Text(m.base), m.operator, Text(m.path), killers)
    console.print(table)
    for result in found:
        endings: dict[str, int] = {}
        for (_, ending), number in result.tried.items():
            endings[ending] = endings.get(ending, 0) + number
        tried = ", ".join(f"{number} {ending}" for ending, number in sorted(endings.items()))
        console.print(
            Text(f"{result.base}: {result.renamed} names changed, {result.sites} sites; tried: {tried or 'none'}")
        )
