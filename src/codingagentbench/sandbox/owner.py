"""Whose a sandbox's objects are: the harness's process, named so that a later start can tell whether it is alive."""

import os
import re
from functools import cache
from pathlib import Path

_TAG = re.compile(r"(?P<boot>[0-9a-f]{12})-(?P<namespace>\d+)-(?P<pid>\d+)-(?P<started>\d+)")
TAG_FILE = ".harness"
DOCKER_PREFIX = "cab-docker-"
"""Of the scratch folders of containers, by which a start knows that containers may have been left."""
_START_TIME = 19
"""Of the fields of /proc/PID/stat behind the command's name."""


@cache
def harness_tag() -> str:
    """This process: boot, pid namespace, pid and start time. A pid that was given away again is another harness."""
    return f"{_world()}-{os.getpid()}-{_started(os.getpid())}"


def is_gone(tag: str) -> bool:
    """Whether the harness of a tag is known to have ended. One of another pid namespace is not known, so not gone."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return False
    if match["boot"] != _boot():
        return True
    same_world = f"{match['boot']}-{match['namespace']}" == _world()
    return same_world and str(_started(int(match["pid"]))) != match["started"]


def mark(folder: Path) -> None:
    """Leave this harness's tag in a scratch folder, so that `cab clean` knows whose it is."""
    (folder / TAG_FILE).write_text(harness_tag())


def _world() -> str:
    return f"{_boot()}-{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116  # a namespace, not a file


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")[:12]


def _started(pid: int) -> int | None:
    """Clock ticks from boot to the start of a process; None where there is none, or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[_START_TIME])
