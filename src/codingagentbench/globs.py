"""The one meaning of a glob in CAB: relative POSIX paths; `*` and `?` within a segment, `**` over segments."""

import re
from collections.abc import Sequence
from functools import lru_cache


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether `path` matches any of `globs`.

    `**/` at the start or in the middle stands for no or more folders, `/**` at the end for everything below (and not
    the folder itself); a glob is matched against the whole path, so `*.py` means the top level only.
    """
    return any(_compiled(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=4096)
def _compiled(glob: str) -> re.Pattern[str]:
    pattern, rest = "", glob
    while rest:
        if rest.startswith("**/"):
            pattern, rest = pattern + "(?:[^/]+/)*", rest[3:]
        elif rest == "**":
            pattern, rest = pattern + ".+", ""
        elif rest[0] == "*":
            pattern, rest = pattern + "[^/]*", rest.lstrip("*")
        elif rest[0] == "?":
            pattern, rest = pattern + "[^/]", rest[1:]
        else:
            pattern, rest = pattern + re.escape(rest[0]), rest[1:]
    return re.compile(pattern, re.DOTALL)
