"""Removing trees that an agent wrote: deeper than any path reaches, or than Python recurses."""

import contextlib
import shutil
import subprocess
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Remove `folder` as far as that can be done; it need not exist. Never raises for what stands in it.

    `shutil.rmtree` is the faster one for a small tree, but it recurses, with an open descriptor a level; `rm` does not.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.is_symlink() or folder.exists():
        subprocess.run(["rm", "-rf", "--one-file-system", "--", str(folder)], capture_output=True, check=False)
