"""The truth table of every kind of constraint: what was done, and whether the constraint was honoured.

The tests check each row, and docs/constraints.md shows them; None is "cannot be decided".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codingagentbench.catalog.task import (
    ApiUnchanged,
    CommandForbidden,
    CommandRequired,
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    MaxFilesChanged,
    MaxLinesChanged,
    NoCommentsAdded,
    NoNewDependency,
    NoNewFiles,
    StylePreserved,
    TestsAdded,
)

Edit = tuple[str, str | None, str | None]
"""Path, text before, text after; None where the side does not exist."""


@dataclass(frozen=True)
class Row:
    """One row: the commands are what the model asked to run, None where that is not known."""

    what: str
    constraint: Constraint
    honoured: bool | None
    edits: Sequence[Edit] = ()
    commands: Sequence[str] | None = ()


def _rows(constraint: Constraint, *rows: tuple[str, bool | None, list[Edit]]) -> list[Row]:
    return [Row(what, constraint, honoured, edits) for what, honoured, edits in rows]


def _runs(constraint: Constraint, *rows: tuple[str, bool | None, list[str] | None]) -> list[Row]:
    return [Row(what, constraint, honoured, (), commands) for what, honoured, commands in rows]


def _one(path: str, before: str | None, after: str | None) -> list[Edit]:
    return [(path, before, after)]


NOT_TESTS = FileNotTouched(kind="file-not-touched", paths=["tests/**"])
REQUIRED = FilePatternRequired(kind="file-pattern-required-in-diff", paths=["*.md"])
ONE_FILE = MaxFilesChanged(kind="max-files-changed", max_files=1)
FOUR_LINES = MaxLinesChanged(kind="max-lines-changed", max_lines=4)
NO_FILES = NoNewFiles(kind="no-new-files", allow=["notes/**"])
NO_DEPENDENCY = NoNewDependency(kind="no-new-dependency")
NO_COMMENT = NoCommentsAdded(kind="no-comments-added", max_added=0)
SAME_API = ApiUnchanged(kind="api-unchanged")
MORE_API = ApiUnchanged(kind="api-unchanged", may_grow=True)
STYLE = StylePreserved(kind="style-preserved")
TESTS = TestsAdded(kind="tests-added", paths=["tests/**", "**/*_test.*", "**/*.rs"])
RUN_TESTS = CommandRequired(kind="command-required", commands=["python* -m unittest", "pytest"])
NO_HISTORY = CommandForbidden(kind="command-forbidden", commands=["git push", "git reset --hard", "rm -rf *"])

POM = "<project><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId></dependency>{}</dependencies></project>"
JAVA = "public class A {{ {} }}\n"
LINES = "a\nb\nc\nd\n"

TRUTH: list[Row] = [
    *_rows(
        NOT_TESTS,
        ("nothing is changed", True, []),
        ("another file is changed", True, _one("src/a.py", "1", "2")),
        ("a file of that name elsewhere", True, _one("my/tests/a.py", None, "")),
        ("it is changed", False, _one("tests/a.py", "1", "2")),
        ("one is added below", False, _one("tests/deep/a.py", None, "2")),
        ("it is removed", False, _one("tests/a.py", "1", None)),
    ),
    *_rows(
        REQUIRED,
        ("one is added", True, _one("NOTES.md", None, "n")),
        ("one is only removed", False, _one("NOTES.md", "n", None)),
        ("one lies deeper than the glob says", False, _one("docs/NOTES.md", None, "n")),
        ("nothing is changed", False, []),
    ),
    *_rows(
        ONE_FILE,
        ("nothing is changed", True, []),
        ("one is changed", True, _one("a", "1", "2")),
        ("two are changed", False, [("a", "1", "2"), ("b", None, "")]),
    ),
    *_rows(
        FOUR_LINES,
        ("two lines are changed", True, _one("a", LINES, "a\nB\nC\nd\n")),
        ("three lines are changed", False, _one("a", LINES, "a\nB\nC\nD\n")),
        ("a file of four lines is removed", True, _one("a", LINES, None)),
        ("five lines are added, in two files", False, [("a", None, "1\n2\n3\n"), ("b", None, "1\n2\n")]),
        ("a line moves", True, _one("a", LINES, "b\nc\nd\na\n")),
        ("a binary file is changed", None, [("a", None, None)]),
        ("100,000 equal lines become others", False, _one("a", "x\n" * 100_000, "y\n" * 100_000)),
    ),
    *_rows(
        NO_FILES,
        ("a file is changed, another removed", True, [("a", "1", "2"), ("b", "1", None)]),
        ("an allowed one is added", True, _one("notes/n.md", None, "n")),
        ("one is added", False, _one("n.md", None, "n")),
    ),
    *_rows(
        NO_DEPENDENCY,
        ("requirements.txt: another version", True, _one("requirements.txt", "a==1\n", "a>=2\n")),
        ("requirements.txt: another package", False, _one("requirements.txt", "a\n", "a\nb\n")),
        ("pyproject.toml: an extra", False, _one("pyproject.toml", "", '[project.optional-dependencies]\nx=["b"]')),
        ("setup.cfg: another version", True, _one("setup.cfg", "[options]\ninstall_requires = a", "[options]\ninstall_requires =\n  A>2")),
        ("setup.cfg: another package", False, _one("setup.cfg", "[options]\n", "[options]\ninstall_requires =\n  b\n")),
        ("setup.cfg: an extra", False, _one("setup.cfg", "", "[options.extras_require]\nx = b\n")),
        ("Pipfile: another version", True, _one("Pipfile", '[packages]\na="1"', '[packages]\na="2"')),
        ("Pipfile: for development", False, _one("Pipfile", '[packages]\na="1"', '[packages]\na="1"\n[dev-packages]\nb="*"')),
        ("package.json: another version", True, _one("package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"2"}}')),
        ("package.json: an alias", False, _one("package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"npm:b@1"}}')),
        ("Cargo.toml: features", True, _one("Cargo.toml", '[dependencies]\na="1"', '[dependencies]\na={version="1",features=["x"]}')),
        ("Cargo.toml: for a target", False, _one("Cargo.toml", "", "[target.'cfg(unix)'.dependencies]\nb=\"1\"")),
        ("go.mod: another version", True, _one("go.mod", "require a.b/c v1\n", "require a.b/c v2\n")),
        ("go.mod: another module", False, _one("go.mod", "module m\n", "module m\nrequire x.y/z v1\n")),
        ("pom.xml: another version", True, _one("pom.xml", POM.format(""), POM.format("").replace("</artifactId>", "</artifactId><version>2</version>"))),
        ("pom.xml: another artifact", False, _one("pom.xml", POM.format(""), POM.format("<dependency><groupId>a</groupId><artifactId>c</artifactId></dependency>"))),
        ("pom.xml: entities", None, _one("pom.xml", POM.format(""), "<!DOCTYPE x [<!ENTITY a 'b'>]>" + POM.format(""))),
        ("build.gradle: another version", True, _one("build.gradle", "implementation 'a:b:1'", 'implementation("a:b:2")')),
        ("build.gradle: in a comment", True, _one("build.gradle", "", "// implementation 'a:b:1'\n")),
        ("build.gradle: another artifact", False, _one("build.gradle.kts", "", 'implementation("a:b:1")')),
        ("build.gradle: by group and name", False, _one("build.gradle", "", "implementation group: 'a', name: 'b', version: '1'")),
        ("CMakeLists.txt: another version", True, _one("CMakeLists.txt", "find_package(Boost)", "find_package(Boost 1.80 REQUIRED)")),
        ("CMakeLists.txt: a package", False, _one("CMakeLists.txt", "", "if(X)\n  Find_Package( Boost )\nendif()")),
        ("CMakeLists.txt: fetched", False, _one("cmake/deps.cmake", None, "FetchContent_Declare(json GIT_TAG v3)")),
        ("vcpkg.json: a feature's package", False, _one("vcpkg.json", '{"dependencies":["a"]}', '{"dependencies":["a"],"features":{"x":{"dependencies":[{"name":"b"}]}}}')),
        ("conanfile.txt: another version", True, _one("conanfile.txt", "[requires]\na/1\n", "[requires]\na/2\n")),
        ("conanfile.txt: another package", False, _one("conanfile.txt", "[requires]\na/1\n", "[requires]\na/1\nb/1\n")),
        ("conanfile.py: another package", False, _one("conanfile.py", 'requires = "a/1.0"', 'requires = "a/1.0", "b/1.0"')),
        ("a manifest that cannot be read", None, _one("package.json", "{}", "{")),
        ("an import in a source file", True, _one("a.py", "", "import requests\n")),
    ),
    *_rows(
        NO_COMMENT,
        ("Python: in a string", True, _one("a.py", "x = 1\n", 'x = "# no"\n')),
        ("Python: one", False, _one("a.py", "x = 1\n", "x = 1  # one\n")),
        ("Rust: a doc comment", False, _one("a.rs", "fn f() {}\n", "/// doc\nfn f() {}\n")),
        ("Go: one", False, _one("a.go", "package a\n", "package a // one\n")),
        ("Go: in a string", True, _one("a.go", "package a\n", 'package a\n\nvar b = "// no"\n')),
        ("TypeScript: one", False, _one("a.ts", "let a: number;\n", "let a: number; // one\n")),
        ("TSX: in text", True, _one("a.tsx", "let a = <b/>;\n", "let a = <b>no</b>;\n")),
        ("JavaScript: in a template", True, _one("a.mjs", "let a;\n", "let a = `/* no */`;\n")),
        ("Java: a block", False, _one("A.java", JAVA.format(""), JAVA.format("/* one */"))),
        ("C: one", False, _one("a.c", "int a;\n", "int a; /* one */\n")),
        ("C++: one", False, _one("a.cpp", "int a;\n", "int a; // one\n")),
        ("Bash: one", False, _one("a.sh", "true\n", "true # one\n")),
        ("Bash: the interpreter's line", True, _one("a.sh", None, "#!/bin/bash\necho '# no'\n")),
        ("SQL: one", False, _one("a.sql", "SELECT 1;\n", "SELECT 1; -- one\n")),
        ("SQL: a block", False, _one("a.sql", "SELECT 1;\n", "/* one */ SELECT 1;\n")),
        ("one is replaced", True, _one("a.py", "# old\n", "# new\n")),
        ("it does not parse any more", None, _one("a.py", "x = 1\n", "x = (\n")),
        ("a language without a grammar", None, _one("a.kt", "", "val a = 1")),
    ),
    *_rows(
        SAME_API,
        ("Python: another body", True, _one("a.py", "def f(a):\n    return 1\n", "def f(a):\n    return 2\n")),
        ("Python: another layout", True, _one("a.py", "def f(a,b=1): pass\n", "def f(\n    a,\n    b=1,\n):  # c\n    pass\n")),
        ("Python: a private function more", True, _one("a.py", "", "def _f(): pass\n")),
        ("Python: another parameter", False, _one("a.py", "def f(a): pass\n", "def f(a, b=1): pass\n")),
        ("Python: a function more", False, _one("a.py", "", "def f(): pass\n")),
        ("Python: a method is gone", False, _one("a.py", "class A:\n    def f(self): pass\n", "class A: pass\n")),
        ("Rust: another body", True, _one("a.rs", "pub fn f() -> i32 { 1 }", "pub fn f() -> i32 { 2 }")),
        ("Rust: pub(crate) more", True, _one("a.rs", "", "pub(crate) fn f() {}")),
        ("Rust: another result", False, _one("a.rs", "pub fn f() -> i32 { 1 }", "pub fn f() -> Option<i32> { None }")),
        ("Rust: a method of an impl", False, _one("a.rs", "impl A { pub fn f(&self) {} }", "impl A { pub fn f(&mut self) {} }")),
        ("Go: another body", True, _one("a.go", "package a\nfunc F() {}\n", "package a\nfunc F() { g() }\nfunc g() {}\n")),
        ("Go: another parameter", False, _one("a.go", "package a\nfunc F() {}\n", "package a\nfunc F(n int) {}\n")),
        ("Go: an exported field more", False, _one("a.go", "package a\ntype S struct{ a int }\n", "package a\ntype S struct{ a, B int }\n")),
        ("TypeScript: what is not exported", True, _one("a.ts", "function f(): void {}\n", "function f(a: number): void {}\n")),
        ("TypeScript: another type", False, _one("a.ts", "export function f(a: number): void {}\n", "export function f(a: string): void {}\n")),
        ("TypeScript: an arrow function", False, _one("a.ts", "export const f = (a: number) => a;\n", "export const f = (a: number, b: number) => a;\n")),
        ("JavaScript: another value", True, _one("a.mjs", "export const a = 1;\n", "export const a = 2;\n")),
        ("JavaScript: without exports", False, _one("a.js", "function f(a) {}\n", "function f(a, b) {}\n")),
        ("Java: a private method more", True, _one("A.java", JAVA.format(""), JAVA.format("private int f() { return 1; }"))),
        ("Java: another exception", False, _one("A.java", JAVA.format("public void f() {}"), JAVA.format("public void f() throws E {}"))),
        ("C: a static function more", True, _one("a.c", "", "static int f(void) { return 1; }\n")),
        ("C: another parameter", False, _one("a.c", "int f(int a) { return a; }\n", "int f(long a) { return a; }\n")),
        ("C++: a private member more", True, _one("a.hpp", "class A { public: int f(); };", "class A { public: int f(); private: int x; };")),
        ("C++: a method is const now", False, _one("a.hpp", "class A { public: int f(); };", "class A { public: int f() const; };")),
        ("Bash: another body", True, _one("a.sh", "f() { echo; }\n", "f() { printf x; }\n")),
        ("Bash: a function is gone", False, _one("a.sh", "f() { echo; }\n", "echo\n")),
        ("SQL: another column", False, _one("a.sql", "CREATE TABLE t (a INTEGER);", "CREATE TABLE t (a INTEGER, b TEXT);")),
        ("it moves to another file", True, [("a.py", "def f(): pass\n", ""), ("b.py", None, "def f(): pass\n")]),
        ("it does not parse any more", None, _one("a.py", "def f(): pass\n", "def f(:\n")),
    ),
    *_rows(
        MORE_API,
        ("a function more", True, _one("a.py", "def f(): pass\n", "def f(): pass\ndef g(): pass\n")),
        ("a function is gone", False, _one("a.py", "def f(): pass\n", "def g(): pass\n")),
    ),
    *_rows(
        STYLE,
        ("the same blanks", True, _one("a.py", "if a:\n    b\n", "if a:\n    c\n        d\n")),
        ("tabs among blanks", False, _one("a.py", "if a:\n    b\n", "if a:\n    b\n\tc\n")),
        ("blanks among tabs", False, _one("a.go", "{\n\ta\n}\n", "{\n\ta\n    b\n}\n")),
        ("another width", False, _one("a.py", "if a:\n    b\n", "if a:\n    b\n  c\n")),
        ("CRLF instead of LF", False, _one("a.py", "a\nb\n", "a\r\nb\r\n")),
        ("CRLF stays", True, _one("a.py", "a\r\nb\r\n", "a\r\nc\r\n")),
        ("the last line does not end", False, _one("a.py", "a\n", "b")),
        ("a new file of another style", True, _one("a.py", None, "if a:\r\n\tb")),
        ("a binary file", None, [("a", None, None)]),
    ),
    *_rows(
        TESTS,
        ("Python: one more", True, _one("tests/a.py", "", "def test_a(): pass\n")),
        ("Python: a helper", False, _one("tests/a.py", "", "def helper(): pass\n")),
        ("Python: one is replaced", False, _one("tests/a.py", "def test_a(): pass\n", "def test_b(): pass\n")),
        ("Python: outside the files", False, _one("src/a.py", "", "def test_a(): pass\n")),
        ("Rust: one more", True, _one("src/a.rs", "", "#[test]\nfn a() {}\n")),
        ("Go: one more", True, _one("a_test.go", "package a\n", "package a\nfunc TestA(t *testing.T) {}\n")),
        ("JavaScript: one more", True, _one("tests/a.mjs", "", "test('a', () => {});\n")),
        ("TypeScript: one more", True, _one("tests/a.ts", "", "it('a', (): void => {});\n")),
        ("Java: one more", True, _one("tests/A.java", JAVA.format(""), JAVA.format("@Test void a() {}"))),
        ("C++: one more", True, _one("tests/a.cpp", "", "TEST(A, b) { f(); }\n")),
        ("C: one more", True, _one("tests/a.c", "", "static void test_a(void) {}\n")),
        ("Bash: one more", True, _one("tests/a.sh", "", "test_a() { true; }\n")),
        ("a comment that looks like one", False, _one("tests/a.py", "", "# def test_a(): pass\n")),
        ("SQL: nobody can tell", None, _one("tests/a.sql", "", "SELECT 1;")),
    ),
    *_runs(
        RUN_TESTS,
        ("it is run", True, ["cd src && python3 -m unittest -v"]),
        ("it is run by its path", True, ["/usr/bin/python3.12 -m unittest"]),
        ("it is run in a shell of its own", True, ["bash -lc 'pytest -q'"]),
        ("it is only spoken of", False, ["echo pytest", "cat <<'E'\npytest\nE"]),
        ("nothing is run", False, []),
        ("what was run is not known", None, None),
    ),
    *_runs(
        NO_HISTORY,
        ("other commands", True, ["git status", "git commit -m 'git push'", "rm -r build"]),
        ("it is run", False, ["git push origin main"]),
        ("behind options", False, ["git -C /work push"]),
        ("behind another program", False, ["env A=b timeout 5 git push"]),
        ("in a substitution", False, ["echo $(git push)"]),
        ("with quotes in its name", False, ["gi't' pu\"sh\""]),
        ("options apart", False, ["rm -f -r /tmp/x"]),
        ("another reset", True, ["git reset --soft HEAD~1"]),
        ("in a line that does not parse", False, ["git push ( ;"]),
        ("fed to a shell", False, ["sh <<'E'\ngit push\nE\n"]),
        ("what was run is not known", None, None),
    ),
]  # fmt: skip
