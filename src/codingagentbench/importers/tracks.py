"""How the tests of an Exercism exercise are run, a function a track of aider's polyglot set."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from codingagentbench.graders.python_tests import tests_in
from codingagentbench.importers.files import Files, SourceFile, refusal
from codingagentbench.scoring.grammars import nodes, parsed, text_of


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise as its folder has it."""

    folder: Path
    track: str
    slug: str
    files: Files
    stubs: list[str]
    tests: list[str]

    def text(self, path: str) -> str:
        """A file's text. Raises CatalogError where it is not UTF-8."""
        try:
            return self.files[path].content.decode()
        except UnicodeDecodeError as error:
            raise refusal(self.folder / path, f"not UTF-8 at byte {error.start}") from error

    def one_test(self, suffix: str) -> str:
        """The one file of tests. Raises CatalogError where there are several."""
        found = [p for p in self.tests if p.endswith(suffix)]
        if len(found) != 1:
            raise refusal(self.folder, f"files.test: {len(found)} files *{suffix}: accepted: one")
        return found[0]


@dataclass(frozen=True, slots=True)
class Run:
    """How the hidden tests are run."""

    toolchains: list[str]
    scorer: dict[str, object]
    grader: Files = field(default_factory=dict)
    """Laid over the tests as they are: with a canary at their end."""
    build_outputs: list[str] = field(default_factory=list)
    below: str = ""
    """Folder of the work directory that the exercise is put into."""
    notes: list[str] = field(default_factory=list)


def _python(exercise: Exercise) -> Run:
    path = exercise.one_test("_test.py")
    try:
        found = tests_in(exercise.text(path).encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last: brackets nested too deeply
        raise refusal(exercise.folder / path, f"is no Python: {error or type(error).__name__}") from error
    return Run(
        ["python"],
        {
            "format": "cab",
            "command": ["{python}", "-I", "-S", "-B", "{graders}/python_tests.py", path],
            "tests": _names(exercise, path, [name for _, name in found]),
        },
    )


def _go(exercise: Exercise) -> Run:
    if required := re.search(r"^\s*require\b.*", exercise.text("go.mod") if "go.mod" in exercise.files else "", re.M):
        raise refusal(
            exercise.folder / "go.mod", f"{required[0].strip()!r}: a module that is not here, without network"
        )
    names, package = [], "main"
    for path in exercise.tests:
        if path.endswith("_test.go"):
            text = exercise.text(path)
            names += re.findall(r"^func (Test[A-Z0-9_]\w*)\(\w+ \*testing\.T\)", text, re.M)
            package = (re.findall(r"^package (\w+)", text, re.M) or [package])[0]
    end = f'package {package}\n\nimport "testing"\n\nfunc TestZZEnd_CAB_NONCE(t *testing.T) {{}}\n'
    return Run(
        ["go"],
        {
            "format": "go-json",
            "command": ["{go}", "test", "-vet=off", "-count=1", "-json", "./..."],
            "tests": _names(exercise, exercise.tests[0], names),
            "canary": "TestZZEnd_CAB_NONCE",
            "timeout_s": 300,
        },
        {"zz_end_test.go": SourceFile(end.encode())},
    )


def _rust(exercise: Exercise) -> Run:
    _no_crates(exercise)
    path = exercise.one_test(".rs")
    if not re.fullmatch(r"tests/[\w-]+\.rs", path):
        raise refusal(exercise.folder / path, "files.test: accepted: a file in tests/")
    text = exercise.text(path)
    found = re.findall(r"^\s*#\[test\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?fn (\w+)\(", text, re.M)
    within = re.search(r"^\s*mod \w+ \{", text, re.M)
    if within:
        raise refusal(exercise.folder / path, f"{within[0].strip()!r}: tests inside of modules are not told apart here")
    target = Path(path).stem
    return Run(
        ["rust"],
        {
            "format": "cargo",
            "command": [
                *("{cargo}", "test", "--offline", "--quiet", "--test", target, "--"),
                *("--format", "pretty", "--test-threads", "1", "--include-ignored"),
            ],
            "tests": _names(exercise, path, found),
            "canary": "zz_end_CAB_NONCE",
            "timeout_s": 300,
            "env": {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_INCREMENTAL": "0"},
        },
        {path: SourceFile(f"{text}\n#[test]\nfn zz_end_CAB_NONCE() {{}}\n".encode())},
        ["Cargo.lock"],
    )


def _no_crates(exercise: Exercise) -> None:
    place = exercise.folder / "Cargo.toml"
    if "Cargo.toml" not in exercise.files:
        raise refusal(place, "missing")
    try:
        manifest = tomllib.loads(exercise.text("Cargo.toml"))
    except (ValueError, RecursionError) as error:
        raise refusal(place, f"not TOML: {error}") from error
    for table in ("dependencies", "dev-dependencies", "build-dependencies", "target"):
        if manifest.get(table):
            names = ", ".join(manifest[table]) if isinstance(manifest[table], dict) else "?"
            raise refusal(place, f"{table}: {names}: crates are not here, and there is no network")


def _javascript(exercise: Exercise) -> Run:
    path = exercise.one_test(".js")
    text = exercise.text(path)
    found = _jest_names(exercise, path, text)
    end = '\ntest("zz end CAB_NONCE", () => {});\n'
    return Run(
        ["node"],
        {
            "format": "node-tap",
            "command": [
                *("{node}", "--import", "{graders}/jest_globals.mjs", "--test", "--test-reporter=tap"),
                *("--test-concurrency=1", path),
            ],
            "tests": _names(exercise, path, found),
            "canary": "zz end CAB_NONCE",
        },
        {path: SourceFile((text + end).encode())},
        notes=["jest's globals are CAB's own (describe, test, expect and its usual matchers) over node:test"],
    )


_TESTS = {"test", "it", "xtest", "xit", "test.skip", "it.skip"}
_GROUPS = {"describe", "xdescribe", "describe.skip"}


def _jest_names(exercise: Exercise, path: str, text: str) -> list[str]:
    """`group > name`, read from the syntax. Raises CatalogError where a name is made when the tests run."""
    root = parsed(".js", text)
    if root is None:
        raise refusal(exercise.folder / path, "is no JavaScript")
    found = []
    for call in (n for n in nodes(root) if n.type == "call_expression"):
        called = _called(call)
        if called.startswith(("test.each", "it.each", "describe.each")):
            raise refusal(exercise.folder / path, f"{called}: names made when the tests run cannot be listed")
        if called in _TESTS:
            groups = [_title(exercise, path, c) for c in _around(call) if _called(c) in _GROUPS]
            found.append(" > ".join([*reversed(groups), _title(exercise, path, call)]))
    return found


def _called(call: Node) -> str:
    function = call.child_by_field_name("function")
    return text_of(function) if function is not None else ""


def _around(node: Node) -> list[Node]:
    found, here = [], node.parent
    while here is not None:
        if here.type == "call_expression":
            found.append(here)
        here = here.parent
    return found


def _title(exercise: Exercise, path: str, call: Node) -> str:
    arguments = call.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if first is None or first.type not in {"string", "template_string"} or "${" in text_of(first):
        line = call.start_point[0] + 1
        raise refusal(exercise.folder / path, f"line {line}: a test whose name is no plain text")
    return unescaped(text_of(first)[1:-1])


def unescaped(text: str) -> str:
    r"""A string literal's text: `\'`, `\n`, `\u0041` and the like as JavaScript and C++ read them."""
    named = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "ux" and len(code) > 1:
            return chr(int(code.strip("ux{}"), 16))
        return named.get(code, code)

    return re.sub(r"\\(u\{[0-9a-fA-F]{1,5}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.|\n)", one, text, flags=re.S)


def _cpp(exercise: Exercise) -> Run:
    """Catch2 comes with the exercise (`test/catch.hpp`), or with the system."""
    stem = exercise.slug.replace("-", "_")
    test = exercise.one_test("_test.cpp")
    if test != f"{stem}_test.cpp":
        what = f"its test is {test}: accepted: {stem}_test.cpp, for the build takes its names from the folder's"
        raise refusal(exercise.folder, what)
    text = exercise.text(test)
    if boost := re.search(r"#include\s*<boost/[^>]*>", text + "".join(map(exercise.text, exercise.stubs))):
        raise refusal(exercise.folder / test, f"{boost[0]}: Boost is not here")
    own = "test/catch.hpp" in exercise.files and "test/tests-main.cpp" in exercise.files
    if not own:
        raise refusal(exercise.folder, "test/catch.hpp, test/tests-main.cpp: missing: Catch2 comes with an exercise")
    found = [unescaped(n) for n in re.findall(r'^\s*TEST_CASE\s*\(\s*"((?:[^"\\]|\\.)*)"', text, re.M)]
    sources = [p for p in exercise.stubs if p.endswith(".cpp")]
    fixed = {p: exercise.files[p] for p in ("test/catch.hpp", "test/tests-main.cpp")}
    build = (
        'out=$(mktemp -d) && {cxx} -std=c++17 -O0 -DEXERCISM_RUN_ALL_TESTS -iquote . -o "$out/hidden" '
        f'{" ".join([test, *sources, "test/tests-main.cpp"])} -pthread && exec "$out/hidden" -r junit -o {{results}}'
    )
    return Run(
        ["cpp"],
        {
            "format": "junit",
            "command": ["sh", "-c", f"cd {exercise.slug} && {build}"],
            "tests": _names(exercise, test, found),
            "canary": "zz end CAB_NONCE",
            "timeout_s": 600,
        },
        {**fixed, test: SourceFile(f'{text}\nTEST_CASE("zz end CAB_NONCE") {{}}\n'.encode())},
        ["**/build/**"],
        below=exercise.slug,
    )


def _java(exercise: Exercise) -> Run:
    raise refusal(exercise.folder, "the Java track's tests need Gradle, JUnit and AssertJ, and none of them is here")


def _names(exercise: Exercise, path: str, found: list[str]) -> list[str]:
    """Each name once. Raises CatalogError where there is none, or one that no report can hold."""
    names = list(dict.fromkeys(found))
    if not names:
        raise refusal(exercise.folder / path, "defines no test that can be listed")
    for name in names:
        if not name.isprintable() or name != name.strip():
            raise refusal(exercise.folder / path, f"a test named {name!r}: accepted: printable text on one line")
    return names


TRACKS: dict[str, Callable[[Exercise], Run]] = {
    "python": _python,
    "go": _go,
    "rust": _rust,
    "javascript": _javascript,
    "cpp": _cpp,
    "java": _java,
}
