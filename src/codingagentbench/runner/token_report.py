"""A CLI's own token figures, read from what it printed. Shown beside the metered ones, never used for a score."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from codingagentbench.catalog.tui import TokenReport

Pair = tuple[int | None, int | None]
_FACTORS = {"k": 1_000, "M": 1_000_000, "": 1}
_FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)([kM]?)")
_MOST = 10**12


def read_token_report(report: TokenReport, output: str) -> Pair:
    """(prompt tokens, completion tokens) as the CLI reports them; None for what it does not say."""
    readers = {"regex": _by_regex, "jsonl": _by_jsonl}
    if report.format not in readers:
        return None, None
    found = list(readers[report.format](report, output))
    if report.combine == "last":
        found = found[-1:]
    return _total(p for p, _ in found), _total(c for _, c in found)


def _by_regex(report: TokenReport, output: str) -> Iterator[Pair]:
    pattern = re.compile(report.pattern or "(?!)")
    for line in output.splitlines():
        if match := pattern.search(line[:2000]):  # a report is a short line; a hostile one may be endless
            groups = match.groupdict()
            yield _figure(groups.get("prompt_tokens")), _figure(groups.get("completion_tokens"))


def _by_jsonl(report: TokenReport, output: str) -> Iterator[Pair]:
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        try:
            event = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            continue
        if all(_at(event, path) == value for path, value in report.when.items()):
            yield _sum(event, report.prompt_tokens), _sum(event, report.completion_tokens)


def _figure(text: str | None) -> int | None:
    """ "1.2k" is 1,200; "3.4M" 3,400,000; "1,234" 1,234."""
    match = _FIGURE.fullmatch(text or "")
    if match is None:
        return None
    value = round(float(match[1].replace(",", "")) * _FACTORS[match[2]])
    return value if value <= _MOST else None


def _sum(event: Any, paths: list[str]) -> int | None:  # any JSON value
    counts = [value for path in paths if isinstance(value := _at(event, path), int) and not isinstance(value, bool)]
    return sum(counts) if counts and all(0 <= c <= _MOST for c in counts) else None


def _at(event: Any, path: str) -> Any:  # any JSON value
    for key in path.split("."):
        event = event.get(key) if isinstance(event, dict) else None
    return event


def _total(counts: Iterator[int | None]) -> int | None:
    known = [c for c in counts if c is not None]
    return sum(known) if known else None
