"""Whether a CLI crashed, from how it ended and what it printed; its catalogue entry says how to tell."""

import re
import signal
from collections.abc import Sequence

from codingagentbench.catalog.tui import Crash

_FATAL = {signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV}
"""SIGTRAP: how V8 and Chromium end where a check of their own fails."""
_LINE = 2_000
"""Characters of a line that a pattern is held against: a crash's line is short, a hostile one may be endless."""


def crashed(crash: Crash, exit_code: int | None, died_of: int | None, output: str) -> bool:
    """True where the CLI itself crashed.

    `exit_code` is None where the sandbox was stopped from outside: that is a limit, no crash. Patterns count only
    beside an exit code that is not 0, since `output` is the agent's and may hold anything.
    """
    if exit_code in {0, None}:
        return False
    if died_of in _FATAL or exit_code in crash.exit_codes:
        return True
    lines = output.split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return _any(crash.patterns, lines) or _any(crash.last_line, [last])


def _any(patterns: Sequence[str], lines: Sequence[str]) -> bool:
    compiled = [re.compile(p) for p in patterns]
    return any(p.search(line[:_LINE]) for line in lines for p in compiled)
