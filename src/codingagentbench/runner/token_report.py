"""A CLI's own token figures, read from what it printed. Shown beside the metered ones, never used for a score.

The output is the agent's and may hold anything; the pattern and the paths are the catalogue's.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from codingagentbench.catalog.tui import TokenReport
from codingagentbench.errors import CatalogError

Pair = tuple[int | None, int | None]
_FACTORS = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}
_FIGURE = re.compile(r"([0-9][0-9,]{0,20}(?:\.[0-9]{1,6})?)([kKM]?)")
_MOST = 10**12
_LINE = 2_000
"""Characters of a line that a pattern is held against: a report is short, a hostile line may be endless."""


def read_token_report(report: TokenReport, output: str) -> Pair:
    """(prompt tokens, completion tokens) as the CLI reports them in `output`, its terminal's plain text.

    None for what it does not say. "1.2k" is read as 1,200, so the CLI's rounding stays in the figure. Raises
    CatalogError where the report's pattern is no regular expression.
    """
    match report.format:
        case "regex":
            found = list(_by_regex(report, output))
        case "jsonl":
            found = list(_by_jsonl(report, output))
        case "none":
            return None, None
    if report.combine == "last":
        found = found[-1:]
    return _total(p for p, _ in found), _total(c for _, c in found)


def _by_regex(report: TokenReport, output: str) -> Iterator[Pair]:
    try:
        pattern = re.compile(report.pattern or "(?!)")
    except re.error as error:
        msg = f"token_report.pattern: bad value {report.pattern!r}: no regular expression: {error}"
        raise CatalogError(msg) from error
    for line in output.split("\n"):
        if match := pattern.search(line[:_LINE]):
            groups = match.groupdict()
            yield _figure(groups.get("prompt_tokens")), _figure(groups.get("completion_tokens"))


def _by_jsonl(report: TokenReport, output: str) -> Iterator[Pair]:
    for line in output.split("\n"):  # not splitlines(): U+2028 and its like stand unescaped in JSON strings
        if not line.startswith("{"):
            continue
        try:
            event = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            continue
        if all(_at(event, path) == value for path, value in report.when.items()):
            yield _sum(event, report.prompt_tokens), _sum(event, report.completion_tokens)


def _figure(text: str | None) -> int | None:
    match = _FIGURE.fullmatch(text or "")
    if match is None:
        return None
    value = round(float(match[1].replace(",", "")) * _FACTORS[match[2]])
    return value if value <= _MOST else None


def _sum(event: object, paths: Iterable[str]) -> int | None:
    """What the paths hold together; None where they hold nothing, or anything that is no count."""
    values = [value for path in paths if (value := _at(event, path)) is not None]
    return sum(values) if values and all(type(v) is int and 0 <= v <= _MOST for v in values) else None


def _at(event: object, path: str) -> Any:  # any JSON value
    here: Any = event
    for key in path.split("."):
        here = here.get(key) if isinstance(here, dict) else None
    return here


def _total(counts: Iterable[int | None]) -> int | None:
    known = [c for c in counts if c is not None]
    return sum(known) if known else None
