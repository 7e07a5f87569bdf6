"""The tables of `cab tui doctor` and `cab tui outdated`."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codingagentbench.bundles.outdated import Pin
from codingagentbench.cli.names import tui_name
from codingagentbench.cli.tables import make_console
from codingagentbench.sweep.tui_doctor import Diagnosis
from codingagentbench.wording import counted


def print_diagnoses(found: Sequence[Diagnosis]) -> None:
    """A line a CLI, then every fault and note in full."""
    console = make_console()
    table = Table(header_style="bold", pad_edge=False)
    for name in ("TUI", "version", "wire", "start-up", "calls", "tokens", "its own", "outside", "verdicts", ""):
        table.add_column(name, justify="left" if name in {"TUI", "version", "wire", ""} else "right", no_wrap=True)
    for one in found:
        faults = counted(len(one.faults), "fault")
        state = Text("healthy", style="green") if one.healthy else Text(faults, style="bold red")
        table.add_row(
            tui_name(one.tui, verified=one.verified),
            one.version,
            one.wire,
            *_figures(one),
            f"{one.verdicts_right}/{one.verdicts}",
            state,
        )
    console.print(table)
    for one in found:
        _print_lines(console, one.tui, "fault", "red", one.faults)
        _print_lines(console, one.tui, "note", "dim", one.notes)


def print_pins(pins: Sequence[Pin]) -> None:
    """A line a CLI: pinned, newest, and why the newest is not known."""
    table = Table(header_style="bold", pad_edge=False)
    for name in ("TUI", "from", "package", "pinned", "newest"):
        table.add_column(name, no_wrap=name != "newest")
    for pin in pins:
        newest = Text(pin.newest or pin.why or "", style="yellow" if pin.behind else "green" if pin.newest else "dim")
        table.add_row(pin.tui, pin.registry, pin.package, pin.pinned, newest)
    make_console().print(table)


def _figures(one: Diagnosis) -> list[str]:
    startup = "-" if one.startup_ms is None else f"{one.startup_ms:,.0f} ms"
    counts = (one.model_calls, one.tokens, one.reported_tokens, one.attempts_outside)
    return [startup, *("-" if count is None else f"{count:,}" for count in counts)]


def _print_lines(console: Console, tui: str, kind: str, style: str, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(Text.assemble((f"{tui}: ", "bold"), (f"{kind}: ", style), line), soft_wrap=True)
