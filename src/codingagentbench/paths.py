"""Where things are on disk: results, cache, scratch. One place, so that no module invents its own."""

import os
from pathlib import Path


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/codingagentbench`, by default below ~/.cache: bundles, built site assets."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "codingagentbench"


def bundle_store() -> Path:
    """Where TUI bundles are kept."""
    return cache_root() / "bundles"


def image_store() -> Path:
    """Where layers and package lists of images are kept."""
    return cache_root() / "images"


def results_root() -> Path:
    """`$CAB_RESULTS`, by default `results/` below the current folder."""
    return Path(os.environ.get("CAB_RESULTS") or "results")


def cell_folder(results: Path, cell_id: str) -> Path:
    """`<results>/<sweep>/cells/<tui>/<model>/<task>[+stack][#n]`: the folder that holds a cell's attempts."""
    sweep, _, rest = cell_id.partition("/")
    return results / sweep / "cells" / rest
