"""`cab task new`: a task that loads, grades and passes the doctor's runs, with the parts to fill in named.

What it holds is a sum that subtracts: small enough to be replaced, real enough to be graded.
"""

import datetime as dt
import re
from pathlib import Path

from codingagentbench.catalog.task import OWN_FAMILIES
from codingagentbench.doctor.static import TO_FILL_IN
from codingagentbench.errors import UsageError

VERSION = "v0.1"
Files = dict[str, str]

_TOML = """\
id = "{id}"
family = "{family}"
language = "{language}"
version = "{version}"
title = "{fill}: what is wrong, in a few words"
added = {today}
source = "{fill}: where it comes from"
ground_truth_files = ["{truth}"]
protected = ["{tests_glob}", "AGENTS.md"]
toolchains = [{toolchains}]

[budget]
max_turns = 15
timeout_s = 600

[scorer]
kind = "tests"
{scorer}

[[constraints]]
kind = "file-not-touched"
paths = ["{tests_glob}"]

[[constraints]]
kind = "no-new-dependency"
"""
_PROMPT = f"{TO_FILL_IN}: say what is wrong and what right looks like; `{{truth}}` is where it is.\n"
_README = "# A sum\n\nThe visible tests are in `{tests}`.\n"

_PYTHON: Files = {
    "workdir/src/__init__.py": "",
    "workdir/src/total.py": "def total(a, b):\n    return a - b\n",
    "solution/src/total.py": "def total(a, b):\n    return a + b\n",
    "workdir/tests/__init__.py": "",
    "workdir/tests/test_total.py": (
        "import unittest\n\nfrom src.total import total\n\n\n"
        "class Visible(unittest.TestCase):\n    def test_two_and_three(self):\n"
        "        self.assertEqual(total(2, 3), 5)\n"
    ),
    "grader/tests/test_hidden.py": (
        "import unittest\n\nfrom src.total import total\n\n\n"
        "class Hidden(unittest.TestCase):\n    def test_small(self):\n        self.assertEqual(total(2, 3), 5)\n\n"
        "    def test_negative(self):\n        self.assertEqual(total(-2, -3), -5)\n"
    ),
}
_JAVASCRIPT: Files = {
    "workdir/package.json": '{\n  "name": "total",\n  "private": true,\n  "type": "module"\n}\n',
    "workdir/src/total.mjs": "export function total(a, b) {\n  return a - b;\n}\n",
    "solution/src/total.mjs": "export function total(a, b) {\n  return a + b;\n}\n",
    "workdir/test/total.test.mjs": (
        'import assert from "node:assert/strict";\nimport test from "node:test";\n\n'
        'import { total } from "../src/total.mjs";\n\n'
        'test("two and three", () => assert.equal(total(2, 3), 5));\n'
    ),
    "grader/test/hidden.test.mjs": (
        'import assert from "node:assert/strict";\nimport test from "node:test";\n\n'
        'import { total } from "../src/total.mjs";\n\n'
        'test("small", () => assert.equal(total(2, 3), 5));\n'
        'test("negative", () => assert.equal(total(-2, -3), -5));\n'
        'test("end CAB_NONCE", () => {});\n'
    ),
}
_CARGO = '[package]\nname = "total"\nversion = "0.1.0"\nedition = "2021"\n'
_RUST: Files = {
    "workdir/Cargo.toml": _CARGO,
    "workdir/src/lib.rs": "pub fn total(a: i64, b: i64) -> i64 {\n    a - b\n}\n",
    "solution/src/lib.rs": "pub fn total(a: i64, b: i64) -> i64 {\n    a + b\n}\n",
    "workdir/tests/total.rs": "#[test]\nfn two_and_three() {\n    assert_eq!(total::total(2, 3), 5);\n}\n",
    # Over whatever the agent put there: the runner and the manifest are the grader's.
    "grader/Cargo.toml": f'{_CARGO}\n[[test]]\nname = "hidden"\npath = "tests/hidden.rs"\n',
    "grader/.cargo/config.toml": "",
    "grader/.cargo/config": "",
    "grader/tests/hidden.rs": (
        "mod tests {\n    #[test]\n    fn small() {\n        assert_eq!(total::total(2, 3), 5);\n    }\n\n"
        "    #[test]\n    fn negative() {\n        assert_eq!(total::total(-2, -3), -5);\n    }\n\n"
        "    #[test]\n    fn zz_end_CAB_NONCE() {}\n}\n"
    ),
}
_CHECKS = """\
#include <stdio.h>

#include "total.h"

static int failures = 0;

static void check(const char *name, int right) {{
    printf("check %s %s\\n", name, right ? "ok" : "FAILED");
    fflush(stdout);
    failures += right ? 0 : 1;
}}

int main(void) {{
{checks}    return failures ? 1 : 0;
}}
"""
_SMALL = '    check("small", total(2, 3) == 5);\n'
_NEGATIVE = '    check("negative", total(-2, -3) == -5);\n'
_CANARY = '    check("end_CAB_NONCE", 1);\n'
_HEADER = "static inline int total(int a, int b) {{ return a {sign} b; }}\n"
_C: Files = {
    "workdir/src/total.h": _HEADER.format(sign="-"),
    "solution/src/total.h": _HEADER.format(sign="+"),
    "workdir/tests/checks.{c}": _CHECKS.format(checks=_SMALL),
    "grader/tests/hidden.{c}": _CHECKS.format(checks=_SMALL + _NEGATIVE + _CANARY),
}
_SHELL_CHECKS = """\
#!/bin/bash
. src/total.sh
failures=0
check() {{
    if [ "$2" = "$3" ]; then echo "check $1 ok"; else echo "check $1 FAILED"; failures=1; fi
}}
{checks}exit "$failures"
"""
_BASH: Files = {
    "workdir/src/total.sh": "total() { echo $(($1 - $2)); }\n",
    "solution/src/total.sh": "total() { echo $(($1 + $2)); }\n",
    "workdir/tests/checks.sh": _SHELL_CHECKS.format(checks='check small "$(total 2 3)" 5\n'),
    "grader/tests/hidden.sh": _SHELL_CHECKS.format(
        checks='check small "$(total 2 3)" 5\ncheck negative "$(total -2 -3)" -5\ncheck end_CAB_NONCE 1 1\n'
    ),
}


def _compiled(program: str, suffix: str, standard: str) -> str:
    """-iquote, not -I: a file of the agent's called `stdio.h` stands in for no system header."""
    line = (
        f'out=$(mktemp -d) && {{{program}}} {standard} -O0 -Wall -iquote src -o "$out/hidden" tests/hidden.{suffix}'
        ' && exec "$out/hidden"'
    )
    return f"command = [\"sh\", \"-c\", '''{line}''']"


_CHECK_LINES = 'format = "check-lines"\ncanary = "end_CAB_NONCE"\ntests = ["small", "negative"]'
_SCORERS = {
    "python": (
        'format = "cab"\n'
        'command = ["{python}", "-I", "-S", "-B", "{graders}/python_tests.py", "tests/test_hidden.py"]\n'
        'tests = ["test_small", "test_negative"]'
    ),
    "javascript": (
        'format = "node-tap"\ncanary = "end CAB_NONCE"\n'
        'command = ["{node}", "--test", "--test-reporter=tap", "test/hidden.test.mjs"]\n'
        'tests = ["small", "negative"]'
    ),
    "rust": (
        'format = "cargo"\ncanary = "tests::zz_end_CAB_NONCE"\n'
        'command = ["{cargo}", "test", "--offline", "--quiet", "--test", "hidden", "--", "--format", "pretty", '
        '"--test-threads", "1"]\ntests = ["tests::small", "tests::negative"]'
    ),
    "c": f"{_CHECK_LINES}\n{_compiled('cc', 'c', '-std=c11')}",
    "cpp": f"{_CHECK_LINES}\n{_compiled('cxx', 'cpp', '-std=c++17')}",
    "bash": f'{_CHECK_LINES}\ncommand = ["bash", "tests/hidden.sh"]',
}
_FILES = {"python": _PYTHON, "javascript": _JAVASCRIPT, "rust": _RUST, "c": _C, "cpp": _C, "bash": _BASH}
_TOOLCHAINS = {"javascript": "node"}
LANGUAGES = tuple(_FILES)
"""Languages that there is a scaffold for. Others begin from the nearest one."""


def new_task(task_id: str, language: str, catalog: Path) -> Path:
    """Write the task's folder below `catalog`. Raises UsageError for a bad id, an unknown language, a folder in use."""
    family, _, name = task_id.partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) or family not in OWN_FAMILIES:
        msg = f"{task_id!r}: accepted: FAMILY/NAME, FAMILY one of {', '.join(OWN_FAMILIES)}, NAME like rust-lifetime"
        raise UsageError(msg)
    if language not in LANGUAGES:
        msg = f"--language {language!r}: accepted: {', '.join(LANGUAGES)}"
        raise UsageError(msg)
    place = catalog / "tasks" / VERSION / family / name
    if place.exists():
        msg = f"{place}: is there already: choose another name, or remove it"
        raise UsageError(msg)
    for path, text in _contents(task_id, language).items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return place


def _contents(task_id: str, language: str) -> Files:
    files = {path.replace("{c}", language): text for path, text in _FILES[language].items()}
    truth = next(p for p in files if p.startswith("solution/")).removeprefix("solution/")
    tests = next(p for p in files if p.startswith("workdir/test") and "__init__" not in p).removeprefix("workdir/")
    toml = _TOML.format(
        id=task_id,
        family=task_id.partition("/")[0],
        language=language,
        version=VERSION,
        fill=TO_FILL_IN,
        today=dt.datetime.now(dt.UTC).date().isoformat(),
        truth=truth,
        tests_glob=f"{tests.partition('/')[0]}/**",
        toolchains=f'"{_TOOLCHAINS.get(language, language)}"',
        scorer=_SCORERS[language],
    )
    outputs = 'build_outputs = ["Cargo.lock"]\n\n[budget]' if language == "rust" else "[budget]"
    parts = {"task.toml": toml.replace("[budget]", outputs, 1), "prompt.md": _PROMPT.format(truth=truth)}
    return {**parts, "workdir/README.md": _README.format(tests=tests), **files}
