"""Small originals in each foreign format, written to folders by the tests."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

Texts = Mapping[str, str]


def lay(folder: Path, files: Texts) -> Path:
    """Write the files; a `.sh` may be run."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        if path.endswith(".sh"):
            place.chmod(0o755)
    return folder


HARBOR_TOML = """\
schema_version = "1.3"
artifacts = ["/app/total.txt"]

[task]
name = "samples/sum-a-column"
description = "Sum a column of a file"

[metadata]
difficulty = "easy"

[agent]
timeout_sec = 300.0

[verifier]
timeout_sec = 60.0

[environment]
network_mode = "no-network"
cpus = 1
memory_mb = 512
"""
HARBOR = {
    "task.toml": HARBOR_TOML,
    "instruction.md": "Write the sum of the numbers in /app/numbers.csv into /app/total.txt.\n",
    "environment/Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY numbers.csv helpers/ /app/\n",
    "environment/numbers.csv": "1\n2\n39\n",
    "environment/helpers/read.sh": "cat numbers.csv\n",
    "tests/test.sh": """\
#!/bin/bash
if [ "$(cat /app/total.txt)" = 42 ] && python3 /tests/check.py; then
  echo 1 > /logs/verifier/reward.txt
else
  echo 0 > /logs/verifier/reward.txt
fi
""",
    "tests/check.py": "assert open('/app/numbers.csv').read() == '1\\n2\\n39\\n'\n",
    "solution/solve.sh": (
        "#!/bin/bash\npython3 -c 'print(sum(map(int, open(\"/app/numbers.csv\"))))' > /app/total.txt\n"
    ),
}


def exercise(config: Mapping[str, list[str]], files: Texts, prompt: str = "Mend it.") -> dict[str, str]:
    """An Exercism exercise."""
    described = {"authors": ["somebody"], "blurb": "A sample.", "files": config}
    return {
        ".meta/config.json": json.dumps(described),
        ".docs/instructions.md": f"# Instructions\n\n{prompt}\n",
        **files,
    }


PYTHON = exercise(
    {"solution": ["half_up.py"], "test": ["half_up_test.py"], "example": [".meta/example.py"]},
    {
        "half_up.py": "def half_up(value):\n    pass\n",
        ".meta/example.py": "import math\n\n\ndef half_up(value):\n    return math.floor(value + 0.5)\n",
        "half_up_test.py": (
            "import unittest\n\nfrom half_up import half_up\n\n\nclass HalfUpTest(unittest.TestCase):\n"
            "    def test_up(self):\n        self.assertEqual(half_up(2.5), 3)\n\n"
            "    def test_down(self):\n        self.assertEqual(half_up(2.4), 2)\n\n\n"
            'if __name__ == "__main__":\n    unittest.main()\n'
        ),
    },
)
GO = exercise(
    {"solution": ["half_up.go"], "test": ["half_up_test.go"], "example": [".meta/example.go"]},
    {
        "go.mod": "module halfup\n\ngo 1.18\n",
        "half_up.go": 'package halfup\n\nfunc HalfUp(value float64) int { panic("not yet") }\n',
        ".meta/example.go": (
            'package halfup\n\nimport "math"\n\n'
            "func HalfUp(value float64) int { return int(math.Floor(value + 0.5)) }\n"
        ),
        "half_up_test.go": (
            'package halfup\n\nimport "testing"\n\nfunc TestUp(t *testing.T) {\n\tif HalfUp(2.5) != 3 {\n'
            '\t\tt.Fatal("not 3")\n\t}\n}\n\nfunc TestTable(t *testing.T) {\n\tt.Run("down", func(t *testing.T) {\n'
            "\t\tif HalfUp(2.4) != 2 {\n\t\t\tt.Fatal()\n\t\t}\n\t})\n}\n"
        ),
    },
)
RUST = exercise(
    {"solution": ["src/lib.rs", "Cargo.toml"], "test": ["tests/half-up.rs"], "example": [".meta/example.rs"]},
    {
        "Cargo.toml": '[package]\nname = "half_up"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n',
        "src/lib.rs": "pub fn half_up(_value: f64) -> i64 {\n    todo!()\n}\n",
        ".meta/example.rs": "pub fn half_up(value: f64) -> i64 {\n    (value + 0.5).floor() as i64\n}\n",
        "tests/half-up.rs": (
            "use half_up::*;\n\n#[test]\nfn up() {\n    assert_eq!(half_up(2.5), 3);\n}\n\n"
            "#[test]\n#[ignore]\nfn down() {\n    assert_eq!(half_up(2.4), 2);\n}\n"
        ),
    },
)
JAVASCRIPT = exercise(
    {"solution": ["half-up.js"], "test": ["half-up.spec.js"], "example": [".meta/proof.ci.js"]},
    {
        "half-up.js": "export const halfUp = (value) => {\n  throw new Error('Remove this line');\n};\n",
        ".meta/proof.ci.js": (
            "export const halfUp = (value) => {\n  if (typeof value !== 'number') throw new Error('no number');\n"
            "  return Math.floor(value + 0.5);\n};\n"
        ),
        "half-up.spec.js": (
            "import { describe, expect, test, xtest } from '@jest/globals';\nimport { halfUp } from './half-up';\n\n"
            "describe('Half up', () => {\n  test('goes up', () => {\n    expect(halfUp(2.5)).toEqual(3);\n  });\n\n"
            "  xtest('doesn\\'t go down to 3', () => {\n    expect(halfUp(2.4)).not.toBe(3);\n  });\n\n"
            "  xtest('wants a number', () => {\n"
            "    expect(() => halfUp('2')).toThrow(new Error('no number'));\n  });\n});\n"
        ),
        "package.json": '{"name": "half-up", "scripts": {"test": "jest"}}\n',
    },
)
CATCH = """\
// A little of Catch2's face: TEST_CASE, REQUIRE and the junit reporter.
#pragma once
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>
struct Case { std::string name; std::function<void(bool&)> body; };
inline std::vector<Case>& cases() { static std::vector<Case> all; return all; }
struct Add { Add(const char* n, std::function<void(bool&)> b) { cases().push_back({n, b}); } };
#define CAT2(a, b) a##b
#define CAT(a, b) CAT2(a, b)
#define TEST_CASE(...) static void CAT(body, __LINE__)(bool&); \\
  static Add CAT(add, __LINE__)(first_of(__VA_ARGS__), CAT(body, __LINE__)); \\
  static void CAT(body, __LINE__)([[maybe_unused]] bool& ok)
inline const char* first_of(const char* a, const char* = "") { return a; }
#define REQUIRE(x) do { if (!(x)) ok = false; } while (0)
#ifdef CATCH_CONFIG_MAIN
int main(int argc, char** argv) {
  std::ofstream out(argc == 5 && !std::strcmp(argv[2], "junit") ? argv[4] : "/dev/null");
  bool all = true;
  out << "<testsuites><testsuite>";
  for (auto& c : cases()) {
    bool ok = true;
    c.body(ok);
    all = all && ok;
    out << "<testcase name=\\"" << c.name << "\\">" << (ok ? "" : "<failure/>") << "</testcase>";
  }
  out << "</testsuite></testsuites>";
  return all ? 0 : 1;
}
#endif
"""
CPP = exercise(
    {
        "solution": ["half_up.cpp", "half_up.h"],
        "test": ["half_up_test.cpp"],
        "example": [".meta/example.cpp", ".meta/example.h"],
    },
    {
        "half_up.h": "#pragma once\nnamespace half_up {\nint half_up(double value);\n}\n",
        "half_up.cpp": '#include "half_up.h"\nnamespace half_up {\nint half_up(double) { return 0; }\n}\n',
        ".meta/example.h": "#pragma once\nnamespace half_up {\nint half_up(double value);\n}\n",
        ".meta/example.cpp": (
            '#include "half_up.h"\n#include <cmath>\nnamespace half_up {\n'
            "int half_up(double value) { return static_cast<int>(std::floor(value + 0.5)); }\n}\n"
        ),
        "half_up_test.cpp": (
            '#include "half_up.h"\n#ifdef EXERCISM_TEST_SUITE\n#include <catch2/catch.hpp>\n#else\n'
            '#include "test/catch.hpp"\n#endif\n\n'
            'TEST_CASE("goes up", "[a1]") {\n    REQUIRE(half_up::half_up(2.5) == 3);\n'
            "}\n\n#if defined(EXERCISM_RUN_ALL_TESTS)\n\n"
            'TEST_CASE("goes down") {\n    REQUIRE(half_up::half_up(2.4) == 2);\n}\n\n#endif\n'
        ),
        "test/catch.hpp": CATCH,
        "test/tests-main.cpp": '#define CATCH_CONFIG_MAIN\n#include "catch.hpp"\n',
        "CMakeLists.txt": "get_filename_component(exercise ${CMAKE_CURRENT_SOURCE_DIR} NAME)\n",
    },
)
JAVA = exercise(
    {
        "solution": ["src/main/java/HalfUp.java"],
        "test": ["src/test/java/HalfUpTest.java"],
        "example": [".meta/src/reference/java/HalfUp.java"],
    },
    {
        "src/main/java/HalfUp.java": "class HalfUp {}\n",
        "src/test/java/HalfUpTest.java": "class HalfUpTest {}\n",
        ".meta/src/reference/java/HalfUp.java": "class HalfUp { }\n",
    },
)
TRACKS = {"python": PYTHON, "go": GO, "rust": RUST, "javascript": JAVASCRIPT, "cpp": CPP}


def tracks(folder: Path) -> Path:
    """An exercise of every track, in the layout of aider's polyglot set."""
    for track, files in {**TRACKS, "java": JAVA}.items():
        lay(folder / track / "exercises" / "practice" / "half-up", files)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    identity = ("-c", "user.name=Sample", "-c", "user.email=sample@example.invalid", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


REPOSITORY = {
    "README.md": "# ledger\n",
    "ledger/__init__.py": "",
    "ledger/book.py": (
        "def balance(entries):\n    return sum(entries[1:])\n\n\ndef count(entries):\n    return len(entries)\n"
    ),
    "tests/__init__.py": "",
    "tests/test_book.py": (
        "import unittest\n\nfrom ledger.book import balance, count\n\n\nclass BookTest(unittest.TestCase):\n"
        "    def test_count(self):\n        self.assertEqual(count([1, 2]), 2)\n"
    ),
}


def swebench(folder: Path) -> Path:
    """A repository with a history, and a file with one row about it."""
    repository = lay(folder / "repos" / "samples__ledger", REPOSITORY)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "The ledger")
    base = git(repository, "rev-parse", "HEAD").strip()
    book = repository / "ledger/book.py"
    book.write_text(book.read_text().replace("entries[1:]", "entries"))
    patch = git(repository, "diff")
    git(repository, "commit", "--quiet", "-am", "Count the first entry")
    tests = repository / "tests/test_book.py"
    tests.write_text(
        tests.read_text() + "\n    def test_balance(self):\n        self.assertEqual(balance([1, 2]), 3)\n\n\n"
        "def test_empty():\n    assert balance([]) == 0\n"
    )
    test_patch = git(repository, "diff")
    git(repository, "commit", "--quiet", "-am", "Test it")
    row = {
        "instance_id": "samples__ledger-1",
        "repo": "samples/ledger",
        "base_commit": base,
        "patch": patch,
        "test_patch": test_patch,
        "problem_statement": "The balance forgets the first entry.\n\nSee ledger/book.py.",
        "FAIL_TO_PASS": json.dumps(["tests/test_book.py::BookTest::test_balance"]),
        "PASS_TO_PASS": ["tests/test_book.py::BookTest::test_count", "tests/test_book.py::test_empty"],
        "version": "1.0",
    }
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps(row) + "\n")
    return rows
