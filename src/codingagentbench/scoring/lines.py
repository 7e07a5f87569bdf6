"""How many lines a change adds and removes, as a unified diff shows it."""

from collections import Counter
from difflib import SequenceMatcher

MAX_LINES = 4_000
"""Of the part that differs. The exact diff of larger parts can take minutes on hostile input (it is quadratic), so
there the lines are counted as a set with repetitions: what only moved is then no change."""


def changed_lines(before: str, after: str) -> int:
    """Lines added plus lines removed."""
    old, new = before.splitlines(), after.splitlines()
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if not old or not new:
        return len(old) + len(new)
    if max(len(old), len(new)) > MAX_LINES or _repeats(old) or _repeats(new):
        left, right = Counter(old), Counter(new)
        return (left - right).total() + (right - left).total()
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept = sum(block.size for block in blocks)
    return len(old) + len(new) - 2 * kept


def _common(left: list[str], right: list[str]) -> int:
    """How many lines both begin with."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _repeats(lines: list[str]) -> bool:
    """Whether one line stands in it so often that matching would take its square."""
    return max(Counter(lines).values()) > MAX_LINES // 8
