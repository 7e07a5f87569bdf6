"""Takes optional dependencies that a lock has no entry for out of it: `npm ci` refuses a lock that names them.

A CLI names a native package for every platform there is; a registry need not have all of them, and what it does not
have cannot be locked. Such a platform is without the CLI. Run by update.sh: python drop_unpublished.py LOCK...
"""

import json
import sys
from pathlib import Path
from typing import Any


def drop(lock: dict[str, Any]) -> None:
    """Leave in each package's optionalDependencies only what the lock pins, there or above it as Node.js looks."""
    packages = lock["packages"]
    for place, package in packages.items():
        named = package.pop("optionalDependencies", {})
        if pinned := {n: v for n, v in named.items() if any(p in packages for p in _places(place, n))}:
            package["optionalDependencies"] = pinned


def _places(place: str, name: str) -> list[str]:
    parts = place.split("node_modules/")
    folders = ["node_modules/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return [f"{folder.rstrip('/')}/node_modules/{name}".lstrip("/") for folder in folders]


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        content = json.loads(file.read_text())
        drop(content)
        file.write_text(json.dumps(content, indent=2) + "\n")
