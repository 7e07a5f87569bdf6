"""Whom a sandbox's files belong to when the harness is root: an uid for each run, that nobody else has."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

# No distribution gives these to anybody (systemd's "Users, Groups, UIDs and GIDs": 60706 to 61183 are unused).
UIDS = range(61_000, 61_184)


class Uids:
    """Hands out a uid to each run of this process: what a uid shares (keyrings, rlimits) is not shared by two cells.

    Where a process starts depends on its pid, so that two harnesses rarely meet. When all are in use they are shared.
    """

    def __init__(self) -> None:
        self._next = itertools.count(os.getpid())
        self._in_use: set[int] = set()

    @contextlib.contextmanager
    def one(self) -> Iterator[int]:
        """A uid for the time of a run."""
        for _ in UIDS:
            uid = UIDS[next(self._next) % len(UIDS)]
            if uid not in self._in_use:
                break
        self._in_use.add(uid)
        try:
            yield uid
        finally:
            self._in_use.discard(uid)


def give_to(uid: int, *folders: Path) -> None:
    """Change the owner of everything below, links themselves instead of what they point to.

    A path too long to name was made from inside, by a run before, and belongs to an agent already.
    """
    waiting = [os.fsencode(folder) for folder in folders]
    for folder in waiting:
        os.chown(folder, uid, uid)
    while waiting:
        with contextlib.suppress(FileNotFoundError, OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                os.lchown(entry.path, uid, uid)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
