"""Which tests a runner reported, read from its output.

Output of a graded program is hostile: only whole lines of the runner's own form count, and a name that is reported
twice with different results has failed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from codingagentbench.store.axes import TestResult

Status = Literal["passed", "failed", "skipped", "not_run"]

_FORMS = {
    "cargo": re.compile(r"^test (?P<name>\S+) \.\.\. (?P<status>ok|FAILED|ignored)\b"),
    "unittest": re.compile(r"^(?P<name>\w+) \([\w.]+\) \.\.\. (?P<status>ok|FAIL|ERROR|skipped)\b"),
    "node-tap": re.compile(r"^(?P<status>ok|not ok) \d+ - (?P<name>.+?)(?: # (?P<directive>SKIP|TODO)\b.*)?$"),
    "check-lines": re.compile(r"^check (?P<name>\S+) (?P<status>ok|FAILED)$"),
}
_PASSED = {"ok"}
_SKIPPED = {"ignored", "skipped"}


def read_tests(form: str, output: str) -> dict[str, TestResult]:
    """Test name to its result, for every test that `output` reports in the given form."""
    found: dict[str, TestResult] = {}
    for name, passed, skipped in _reports(form, output):
        status: Status = "skipped" if skipped else "passed" if passed else "failed"
        before = found.get(name)
        if before is not None and before.status != status:
            status = "failed"
        found[name] = TestResult(name=name, status=status)
    return found


def listed_tests(wanted: Iterable[str], found: dict[str, TestResult]) -> list[TestResult]:
    """The task's tests in its order; one that was not reported is `not_run`."""
    return [found.get(name) or TestResult(name=name, status="not_run") for name in wanted]


def _reports(form: str, output: str) -> Iterator[tuple[str, bool, bool]]:
    pattern = _FORMS[form]
    for line in output.splitlines():
        match = pattern.match(line)
        if match is None:
            continue
        groups = match.groupdict()
        skipped = groups["status"] in _SKIPPED or groups.get("directive") is not None
        yield groups["name"], groups["status"] in _PASSED, skipped
