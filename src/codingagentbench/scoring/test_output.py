"""Which tests a runner reported, read from its output.

Output of a graded program is hostile: only whole lines of the runner's own form count, and a name that is reported
twice with different results has failed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal
from xml.parsers import expat

import msgspec

from codingagentbench.store.axes import TestResult

Status = Literal["passed", "failed", "skipped", "not_run"]

_FORMS = {
    "cargo": re.compile(r"^test (?P<name>\S+) \.\.\. (?P<status>ok|FAILED|ignored)\b"),
    "unittest": re.compile(r"^(?P<name>\w+) \([\w.]+\) \.\.\. (?P<status>ok|FAIL|ERROR|skipped)\b"),
    "node-tap": re.compile(r"^(?P<status>ok|not ok) \d+ - (?P<name>.+?)(?: # (?P<directive>SKIP|TODO)\b.*)?$"),
    "check-lines": re.compile(r"^check (?P<name>\S+) (?P<status>ok|FAILED)$"),
}
_XML_LIMIT = 4 << 20
_PASSED = {"ok"}
_SKIPPED = {"ignored", "skipped"}


def read_tests(form: str, output: str, nonce: str | None = None) -> dict[str, TestResult]:
    """Test name to its result, for every test that `output` reports in the given form.

    The form `cab` counts only lines that carry the grading's nonce.
    """
    found: dict[str, TestResult] = {}
    for name, passed, skipped in _reports(form, output, nonce):
        status: Status = "skipped" if skipped else "passed" if passed else "failed"
        before = found.get(name)
        if before is not None and before.status != status:
            status = "failed"
        found[name] = TestResult(name=name, status=status)
    return found


def listed_tests(wanted: Iterable[str], found: dict[str, TestResult]) -> list[TestResult]:
    """The task's tests in its order; one that was not reported is `not_run`."""
    return [found.get(name) or TestResult(name=name, status="not_run") for name in wanted]


Report = tuple[str, bool, bool]
"""Name, whether it passed, whether it was skipped."""


def _reports(form: str, output: str, nonce: str | None) -> Iterator[Report]:
    match form:
        case "go-json":
            yield from _go_events(output)
        case "junit":
            yield from _junit(output)
        case "cab":
            if nonce is not None:
                marked = rf"^{re.escape(nonce)} test (?P<name>\S+) (?P<status>ok|FAILED|skipped)$"
                yield from _lines(re.compile(marked), output)
        case _:
            yield from _lines(_FORMS[form], output)


def _go_events(output: str) -> Iterator[Report]:
    """`go test -json`: a test's end is an event of its own; what the test printed is in events of another action."""
    for line in output.split("\n"):
        if not line.startswith("{"):
            continue
        try:
            event = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            continue
        action, name = event.get("Action"), event.get("Test")
        if isinstance(name, str) and action in {"pass", "fail", "skip"}:
            yield name, action == "pass", action == "skip"


def _junit(output: str) -> Iterator[Report]:
    """`<testcase name=...>` with its children. A document type, or XML that breaks off, reports nothing."""
    if len(output) > _XML_LIMIT or "<!DOCTYPE" in output or "<!ENTITY" in output:
        return
    cases, open_cases = list[Report](), list[list[str]]()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "testcase":
            open_cases.append([attributes.get("name", "")])
        elif open_cases and name in {"failure", "error", "skipped"}:
            open_cases[-1].append(name)

    def end(name: str) -> None:
        if name == "testcase":
            title, *said = open_cases.pop()
            cases.append((title, not said, said == ["skipped"]))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(output, True)
    except (expat.ExpatError, ValueError):
        return
    yield from cases


def _lines(pattern: re.Pattern[str], output: str) -> Iterator[Report]:
    for line in output.splitlines():
        match = pattern.match(line)
        if match is None:
            continue
        groups = match.groupdict()
        skipped = groups["status"] in _SKIPPED or groups.get("directive") is not None
        yield groups["name"], groups["status"] in _PASSED, skipped
