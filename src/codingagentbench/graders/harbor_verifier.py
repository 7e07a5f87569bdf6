"""Runs a Harbor verifier (/tests/test.sh) and reports its reward with the grading's nonce.

Usage: harbor_verifier.py [--separate PATH...]. A reward of 1 or more is a pass. With --separate the script sees the
work directory as it was handed out, with only PATHs of the agent's. What the script and the agent's code print is
shown with a bar before it; neither can look into this process, which alone knows the nonce.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

NONCE_FILE = ".cab-nonce"
HIDDEN = Path(".cab")
LOGS = Path("/logs/verifier")
PR_SET_DUMPABLE = 4
MAX_OUTPUT = 200_000
MAX_REWARD = 64_000


def main(arguments: list[str]) -> int:
    """0 when the reward is 1 or more."""
    nonce_file = Path(os.environ["HOME"]) / NONCE_FILE
    nonce = nonce_file.read_text()
    nonce_file.unlink()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
    if arguments[:1] == ["--separate"]:
        hand_over(arguments[1:])
    LOGS.mkdir(parents=True, exist_ok=True)
    for name in ("reward.txt", "reward.json"):
        (LOGS / name).unlink(missing_ok=True)
    done = subprocess.run(
        ["bash", "/tests/test.sh"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    for line in done.stdout[-MAX_OUTPUT:].decode("utf-8", "replace").splitlines():
        print(f"| {line}")
    given = reward()
    print(f"| reward: {'none' if given is None else given}")
    passed = given is not None and given >= 1
    print(f"{nonce} test reward {'ok' if passed else 'FAILED'}", flush=True)
    return 0 if passed else 1


def hand_over(paths: list[str]) -> None:
    """Put the work directory back as it was handed out, and into it what the agent made of `paths`."""
    kept = Path(os.environ["HOME"]) / "artifacts"
    kept.mkdir()
    if "." not in paths:
        for number, path in enumerate(paths):
            move(Path(path), kept / str(number))
        for entry in list(Path().iterdir()):
            if entry != HIDDEN:
                remove(entry)
        shutil.copytree(HIDDEN / "pristine", ".", dirs_exist_ok=True)
        for number, path in enumerate(paths):
            remove(Path(path))
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            move(kept / str(number), Path(path))
    shutil.rmtree(HIDDEN / "pristine", ignore_errors=True)


def move(source: Path, target: Path) -> None:
    """Whatever it is, and nothing where it is not there."""
    if source.is_symlink() or source.exists():
        shutil.move(source, target)


def remove(place: Path) -> None:
    """A file, a link or a folder."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def reward() -> float | None:
    """What the script wrote: of reward.json the number, its key `reward`, or the least of its values."""
    structured, plain = LOGS / "reward.json", LOGS / "reward.txt"
    try:
        if structured.exists():
            found = json.loads(structured.read_bytes()[:MAX_REWARD])
            values = list(found.values()) if isinstance(found, dict) else [found]
            if isinstance(found, dict) and "reward" in found:
                values = [found["reward"]]
            if not values or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
                return None
            least = float(min(values))
        else:
            least = float(plain.read_bytes()[:MAX_REWARD])
    except (OSError, ValueError, RecursionError, OverflowError):
        return None
    return least if math.isfinite(least) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
