"""Judges an exported task inside of Harbor's container: hidden tests over the agent's work, reward 1 or 0.

Usage: harbor_judge.py, beside judge.json, grader/, protected/ and globs.py. Standard library only. What it believes of
a report is what CAB's own judge believes (scoring/test_output.py); tests/importers compares the two.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

if __package__:
    from codingagentbench.globs import matches
else:  # in Harbor's container: a copy of CAB's lies beside this file
    sys.path.insert(0, str(Path(__file__).parent))
    from globs import matches  # type: ignore[import-not-found, no-redef]  # not there when it is checked

HERE = Path(__file__).parent
FORMS = {
    "cargo": r"^test (?P<name>\S+) \.\.\. (?P<status>ok|FAILED|ignored)\b",
    "unittest": r"^(?P<name>\w+) \([\w.]+\) \.\.\. (?P<status>ok|FAIL|ERROR|skipped)\b",
    "node-tap": r"^(?P<status>ok|not ok) \d+ - (?P<name>.+?)(?: # (?P<skip>SKIP|TODO)\b.*)?$",
    "check-lines": r"^check (?P<name>\S+) (?P<status>ok|FAILED)$",
}


def main() -> None:
    """Write the reward; 0 whatever goes wrong."""
    told = json.loads((HERE / "judge.json").read_text(encoding="utf-8"))
    logs = Path(os.environ.get("CAB_LOGS", "/logs/verifier"))
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "reward.txt").write_text("0\n", encoding="utf-8")
    work = Path(os.environ.get("CAB_WORK", told["work"]))
    nonce = f"n{secrets.token_hex(8)}"
    put_back(work, told["protected"])
    lay_over(work, told["nonce"], nonce)
    passed, seen = run(told, work, nonce)
    listed = [seen.get(name) == "passed" for name in told["tests"]]
    reward = 1.0 if passed and listed and all(listed) else 0.0
    if not reward and told["partial_credit"] and listed:
        reward = sum(listed) / len(listed) if passed is not None else 0.0
    for name in told["tests"]:
        print(f"{seen.get(name, 'not run')}: {name}")
    (logs / "reward.txt").write_text(f"{reward:g}\n", encoding="utf-8")


def put_back(work: Path, globs: list[str]) -> None:
    """Protected files as they were handed out, and nothing added among them."""
    pristine = HERE / "protected"
    for file in [f for f in work.rglob("*") if f.is_symlink() or f.is_file()]:
        path = file.relative_to(work).as_posix()
        if not path.startswith(".git/") and matches(path, globs):
            file.unlink()
    copy_over(pristine, work)


def copy_over(source: Path, target: Path) -> None:
    """Every file of `source` to its place, following no link there."""
    for file in [f for f in source.rglob("*") if f.is_file()]:
        relative = file.relative_to(source)
        here = target
        for part in relative.parent.parts:
            here /= part
            if here.is_symlink() or (here.exists() and not here.is_dir()):
                here.unlink()
            here.mkdir(exist_ok=True)
        place = target / relative
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        shutil.copy2(file, place)


def lay_over(work: Path, marker: str, nonce: str) -> None:
    """The hidden tests, with this judging's own number where they say so."""
    copy_over(HERE / "grader", work)
    for file in (HERE / "grader").rglob("*"):
        if file.is_file() and marker.encode() in file.read_bytes():
            place = work / file.relative_to(HERE / "grader")
            place.write_bytes(file.read_bytes().replace(marker.encode(), nonce.encode()))


def run(told: dict[str, Any], work: Path, nonce: str) -> tuple[bool | None, dict[str, str]]:
    """Whether the command and its canary are right (None: the canary is not), and each test's state."""
    home, results = Path(told["home"]), Path(told["results"])
    home.mkdir(parents=True, exist_ok=True)
    (home / ".cab-nonce").write_text(nonce, encoding="utf-8")
    results.unlink(missing_ok=True)
    env = {**os.environ, **told["env"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb"}
    command = [argument.replace(told["nonce"], nonce) for argument in told["command"]]
    try:
        done = subprocess.run(command, cwd=work, env=env, capture_output=True, check=False, timeout=told["timeout_s"])
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"the tests did not end: {error}")
        return None, {}
    stdout, stderr = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    print(stdout[-20_000:], stderr[-20_000:], sep="\n")
    written = results.read_text(encoding="utf-8", errors="replace") if results.is_file() else None
    plain = stderr if told["format"] == "unittest" else stdout
    seen = states(told["format"], plain if written is None else written, nonce)
    if told["canary"] and seen.get(told["canary"].replace(told["nonce"], nonce)) != "passed":
        return None, seen
    return done.returncode == 0, seen


def states(form: str, output: str, nonce: str) -> dict[str, str]:
    """Test to `passed`, `failed` or `skipped`; two reports that differ are a failure."""
    seen: dict[str, str] = {}
    for name, state in reports(form, output, nonce):
        seen[name] = state if seen.get(name, state) == state else "failed"
    return seen


def reports(form: str, output: str, nonce: str) -> Iterator[tuple[str, str]]:
    """Every report in the output."""
    if form == "go-json":
        yield from go_reports(output)
    elif form == "junit":
        yield from junit_reports(output)
    else:
        marked = rf"^{re.escape(nonce)} test (?P<name>\S+) (?P<status>ok|FAILED|skipped)$"
        pattern = re.compile(FORMS.get(form, marked))
        for match in filter(None, map(pattern.match, output.splitlines())):
            named = match.groupdict()
            skipped = named["status"] in {"ignored", "skipped"} or named.get("skip")
            yield named["name"], "skipped" if skipped else "passed" if named["status"] == "ok" else "failed"


def go_reports(output: str) -> Iterator[tuple[str, str]]:
    """`go test -json`."""
    ends = {"pass": "passed", "fail": "failed", "skip": "skipped"}
    for line in output.split("\n"):
        try:
            event = json.loads(line) if line.startswith("{") else {}
        except (ValueError, RecursionError):
            continue
        if isinstance(event.get("Test"), str) and event.get("Action") in ends:
            yield event["Test"], ends[event["Action"]]


def junit_reports(output: str) -> list[tuple[str, str]]:
    """JUnit's XML; none where it breaks off or has a document type."""
    if "<!DOCTYPE" in output or "<!ENTITY" in output:
        return []
    cases: list[tuple[str, str]] = []
    open_cases: list[list[str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "testcase":
            open_cases.append([attributes.get("name", "")])
        elif open_cases and name in {"failure", "error", "skipped"}:
            open_cases[-1].append(name)

    def end(name: str) -> None:
        if name == "testcase":
            title, *said = open_cases.pop()
            cases.append((title, "passed" if not said else "skipped" if said == ["skipped"] else "failed"))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(output, True)
    except (expat.ExpatError, ValueError):
        return []
    return cases


if __name__ == "__main__":
    main()
