"""Names as every table shows them."""

from rich.text import Text

from codingagentbench.wording import UNVERIFIED


def tui_name(name: str, *, verified: bool) -> Text:
    """A CLI's name: an entry that was never run is called unverified."""
    return Text(name) if verified else Text.assemble(name, (f" {UNVERIFIED}", "yellow"))
