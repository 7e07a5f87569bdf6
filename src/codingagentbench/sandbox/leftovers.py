"""What killed harnesses left on this machine: containers, cgroups, scratch folders. Living ones are never touched."""

import contextlib
import os
import tempfile
from pathlib import Path

from codingagentbench.errors import CabError, SandboxError
from codingagentbench.removal import remove_tree
from codingagentbench.sandbox.cgroups import leftovers, sweep_leftovers
from codingagentbench.sandbox.owner import DOCKER_PREFIX, TAG_FILE, is_gone


def clear_up(*, dry_run: bool = False) -> dict[str, list[str] | None]:
    """Remove leftovers (or only find them); names by kind, None of a kind that could not be asked for."""
    groups = leftovers() if dry_run else sweep_leftovers()
    return {
        "container": _containers(dry_run=dry_run),
        "cgroup": [str(folder) for folder in groups],
        "folder": [str(folder) for folder in clear_up_folders(dry_run=dry_run)],
    }


def clear_up_at_start() -> None:
    """What a sweep does first, whatever its engine: cgroups, scratch folders, and containers where there can be some.

    A harness that ran containers and was killed left their folders too. Without any, no daemon is asked: that takes
    0.2 s.
    """
    sweep_leftovers()
    folders = clear_up_folders()
    if any(folder.name.startswith(DOCKER_PREFIX) for folder in folders):
        with contextlib.suppress(CabError):  # a daemon that does not answer is no reason not to start
            _containers(dry_run=False)


def _containers(*, dry_run: bool) -> list[str] | None:
    """None where no daemon answers."""
    from codingagentbench.sandbox.docker_leftovers import remove_leftovers  # noqa: PLC0415  # takes 0.2 s to import

    try:
        return remove_leftovers(dry_run=dry_run)
    except SandboxError:
        raise
    except CabError:
        return None


def clear_up_folders(*, dry_run: bool = False) -> list[Path]:
    """Scratch folders of harnesses that are no more, ours alone: they hold the tag that `owner.mark` left."""
    found = []
    for folder in sorted(Path(tempfile.gettempdir()).glob("cab-*")):
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid() or not _is_gone(folder):
            continue
        if not dry_run:
            remove_tree(folder)
        found.append(folder)
    return found


def _is_gone(folder: Path) -> bool:
    try:
        return is_gone((folder / TAG_FILE).read_text())
    except (OSError, UnicodeDecodeError):
        return False
