"""Snippets and badges that other people put on their own pages: names in them are data, never markup."""

import html
import re
from dataclasses import dataclass

from codingagentbench.site.cells import CellSummary
from codingagentbench.site.text import TIMES, url_path
from codingagentbench.wording import UNVERIFIED, marked

PLACEHOLDER_BASE = "https://YOUR-SITE"
_UNSAFE_IN_MARKDOWN = re.compile(rf"[^\w ./{TIMES}:%=,()#@+-]")
_CHAR_WIDTH = 6.4
_PADDING = 10.0
_LABEL = "CodingAgentBench"
_COLOURS = {"pass": "#1a7f4b", "fail": "#b3372f", "none": "#6b7280", "control": "#6d4fc2"}


@dataclass(frozen=True, slots=True)
class Embed:
    """Markdown and HTML for one cell, and the text that stands where the badge is not shown."""

    markdown: str
    html: str
    text: str


def badge_value(cell: CellSummary) -> str:
    """What the badge says: `pass 83%`, `fail`, `no score`, `control: as expected`."""
    if cell.control is not None:
        return {True: "control: as expected", False: "control: deviates", None: "control: no verdict"}[cell.as_expected]
    if cell.verdict == "none":
        return "no score"
    return cell.verdict if cell.composite is None else f"{cell.verdict} {cell.composite:.0%}"


def embed(cell: CellSummary, base_url: str | None) -> Embed:
    """The snippets; without a base URL they carry a placeholder that says so."""
    base = (base_url or PLACEHOLDER_BASE).rstrip("/")
    text = _UNSAFE_IN_MARKDOWN.sub("_", f"{_LABEL}: {_tui(cell)} {TIMES} {cell.model} {badge_value(cell)} (n = 1)")
    page, badge = f"{base}/{_encoded(cell.page)}", f"{base}/{_encoded(cell.badge)}"
    alt = text.replace("(", "").replace(")", "")
    image = f'<img src="{html.escape(badge)}" alt="{html.escape(alt)}" />'
    return Embed(
        markdown=f"[![{alt}]({badge})]({page})",
        html=f'<a href="{html.escape(page)}">{image}</a>',
        text=text,
    )


def _tui(cell: CellSummary) -> str:
    return marked(cell.tui, verified=cell.tui_verified)


def _encoded(path: str) -> str:
    return url_path(path.removesuffix("index.html"))


@dataclass(frozen=True, slots=True)
class Badge:
    """Geometry and words of one badge; lengths in pixels."""

    label: str
    value: str
    title: str
    colour: str
    label_width: float
    value_width: float

    @property
    def width(self) -> float:
        """Of the whole badge."""
        return self.label_width + self.value_width


def badge(cell: CellSummary) -> Badge:
    """The badge of one cell."""
    value = badge_value(cell)
    shown = value if cell.tui_verified else f"{value}, {UNVERIFIED} CLI"
    return Badge(
        label=_LABEL,
        value=shown,
        title=f"{_LABEL}: {_tui(cell)} {TIMES} {cell.model} on {cell.task_id}: {value} (n = 1)",
        colour=_COLOURS["control" if cell.control is not None else cell.verdict],
        label_width=_width(_LABEL),
        value_width=_width(shown),
    )


def _width(text: str) -> float:
    return round(len(text) * _CHAR_WIDTH + 2 * _PADDING, 1)
