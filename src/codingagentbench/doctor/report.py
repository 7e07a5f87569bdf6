"""What the doctor found, as a table for people and as rows for programs."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

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
    table = Table(header_style="bold", pad_edge=False)
    for name in ("task", "language", "verdict", "oracle", "noop", "tests run", "forged", "seconds"):
        table.add_column(name, no_wrap=True, justify="right" if name == "seconds" else "left")
    for one in found:
        word, style = _STATE[one.ok]
        state = Text(word, style=style)
        seconds = f"{one.seconds:.1f}"
        table.add_row(one.task_id, one.language, state, one.oracle, one.noop, one.tests, one.forged, seconds)
    console.print(table)
    for one in found:
        for fault in one.failed:
            console.print(Text.assemble((f"{one.task_id}: ", _STATE[one.ok][1]), fault), soft_wrap=True)
