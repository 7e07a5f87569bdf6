"""`cab composite`."""

import json as stdlib_json
import sys
from typing import Annotated

import typer

from codingagentbench.cli.options import JsonOption
from codingagentbench.errors import UsageError
from codingagentbench.scoring.methodology import DEFAULT
from codingagentbench.scoring.methodology import methodology as find_methodology
from codingagentbench.scoring.rows import composite_of_row

Version = Annotated[str, typer.Option("--methodology", help="Methodology version: v0.1 (the original's) or v1.")]


def command(methodology: Version = DEFAULT, json: JsonOption = False) -> None:
    """Compute composites of rows read from standard input, one JSON object a line.

    Keys: pass, integrity, wall_clock_ms, blast_radius, tokens_per_correct_task, expected_refusal, refusal_correct;
    null is unknown. With --json each row is printed again with its computed composite, otherwise the number alone.
    """
    find_methodology(methodology)
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            row = stdlib_json.loads(line)
        except ValueError as error:
            msg = f"line {number}: not JSON: {error}"
            raise UsageError(msg) from error
        value = composite_of_row(row, methodology, number).composite
        if json:
            typer.echo(stdlib_json.dumps({**row, "methodology": methodology, "composite": value}))
        else:
            typer.echo("unknown" if value is None else repr(value))
