"""What the doctor found, as a table for people and as rows for programs."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from codingagentbench.cli.fitted import Column, print_fitted
from codingagentbench.doctor.examine import Examination

_STATE = {True: ("well", "green"), False: ("BAD", "bold red"), None: ("not examined", "yellow")}


def doctor_row(found: Examination) -> dict[str, object]:
    """One line of `cab task doctor --json`. `ok` is null where this machine cannot examine the task."""
    return {
        "task_id": found.task_id,
        "language": found.language,
        "ok": found.ok,
        "failed": found.failed,
        "digest": found.digest,
        "oracle": found.oracle,
        "noop": found.noop,
        "tests": found.tests,
        "forged": found.forged,
        "seconds": round(found.seconds, 3),
        "grade_seconds": found.grade_seconds,
    }


def print_examinations(console: Console, found: Sequence[Examination]) -> None:
    """The table, then what is wrong, one line a fault."""
    columns = [
        Column("task", "left"),
        Column("language", "left", spare=3),
        Column("verdict", "left"),
        Column("oracle", "left", spare=1),
        Column("noop", "left", spare=2),
        Column("tests run", "left", spare=4),
        Column("forged", "left", spare=5),
        Column("seconds", spare=6),
    ]
    rows = []
    for one in found:
        word, style = _STATE[one.ok]
        figures = (one.oracle, one.noop, one.tests, one.forged, f"{one.seconds:.1f}")
        rows.append([Text(one.task_id), Text(one.language), Text(word, style=style), *map(Text, figures)])
    print_fitted(console, columns, rows)
    for one in found:
        for fault in one.failed:
            console.print(Text.assemble((f"{one.task_id}: ", _STATE[one.ok][1]), fault), soft_wrap=True)
