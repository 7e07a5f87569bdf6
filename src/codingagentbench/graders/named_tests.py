"""Runs named tests of several files, each in a process of its own, and reports with the grading's nonce.

Usage: named_tests.py LIST [SECONDS A TEST]. LIST holds a test a line: `file.py::Class::test` or `file.py::test`. What
python_tests.py says of its children is true of these.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from python_tests import NONCE_FILE, PR_SET_DUMPABLE, SECONDS, run  # type: ignore[import-not-found]  # beside this

PARTS = ("file", "class", "test")


def main(listed: str, seconds: float) -> int:
    """0 when every test passed."""
    nonce_file = Path(os.environ["HOME"]) / NONCE_FILE
    nonce = nonce_file.read_text()
    nonce_file.unlink()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
    names = Path(listed).read_text(encoding="utf-8").splitlines()
    sources = {file: content(file) for file in dict.fromkeys(name.partition("::")[0] for name in names)}
    failed = 0
    for name in names:
        file, *parts = name.split("::")
        case, test = parts if len(parts) == len(PARTS) - 1 else ("", parts[0])
        source = sources[file]
        status, output = (
            ("FAILED", f"{file} is not there") if source is None else run(file, source, case, test, seconds)
        )
        failed += status == "FAILED"
        for line in output.splitlines():
            print(f"| {line}")
        print(f"{nonce} test {name} {status}", flush=True)
    return 1 if failed else 0


def content(file: str) -> bytes | None:
    """A file's bytes, read before any code of the agent's runs."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > len(("program", "list")) else SECONDS))
