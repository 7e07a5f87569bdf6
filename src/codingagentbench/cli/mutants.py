"""Tables and JSON rows of `cab mutate`."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from codingagentbench.cli.fitted import plain_table
from codingagentbench.mutation.mutate import Mutant, Yield


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
