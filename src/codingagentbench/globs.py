"""The one meaning of a glob in CAB: relative POSIX paths; `*` and `?` within a segment, `**` over segments."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether `path` matches any of `globs`.

    `**/` at the start or in the middle stands for no or more folders, `/**` at the end for everything below (and not
    the folder itself); a glob is matched against the whole path, so `*.py` means the top level only. Every other
    character, brackets and braces too, stands for itself.
    """
    return any(_compiled(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=4096)
def _compiled(glob: str) -> re.Pattern[str]:
    """Between two wildcards the first place that fits is as good as any other, so it is never given up again (`(?>`):
    paths come from agents, and backtracking over them would be a way to stop the scoring."""
    first, *runs = _runs(glob)
    *middle, last = runs or [""]
    tail = f"(?:[^/]+/)*{last}" if runs else ""
    return re.compile(first + "".join(f"(?>(?:[^/]+/)*?{run})" for run in middle) + tail, re.DOTALL)


def _runs(glob: str) -> Iterator[str]:
    """The patterns between the `**`; the one after a final `**` is whatever is left of the path."""
    *folders, last = glob.split("/")
    run = ""
    for folder in folders:
        if folder == "**":
            yield run
            run = ""
        else:
            run += _segment(folder) + "/"
    if last == "**":
        yield run
        yield "[^/]+"
    else:
        yield run + _segment(last)


def _segment(glob: str) -> str:
    first, *rest = [re.escape(part).replace(r"\?", "[^/]") for part in re.split(r"\*+", glob)]
    if not rest:
        return first
    return first + "".join(f"(?>[^/]*?{part})" for part in rest[:-1]) + f"[^/]*{rest[-1]}"
