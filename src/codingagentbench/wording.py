"""Words that all outputs share, for a terminal and for a page."""

UNVERIFIED = "unverified"
"""The mark of a CLI whose catalogue entry was written after its documentation and never run here."""


def marked(name: str, *, verified: bool) -> str:
    """A CLI's name, or words that begin with it, with the mark where its entry was never run."""
    return name if verified else f"{name} {UNVERIFIED}"


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`, `1,200 cells`; for nouns that take an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def rounded(value: float) -> str:
    """Four digits of a figure, or all before the point, for people: `0.8333`, `12.5`, `41,337`."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # noqa: PLR2004  # four digits
