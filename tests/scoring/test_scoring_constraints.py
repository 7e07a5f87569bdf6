"""Truth tables of the constraint kinds, both ways, and what stays undecided."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.task import (
    Budget,
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    MaxFilesChanged,
    NoCommentsAdded,
    NoNewDependency,
    NoNewFiles,
    Scorer,
    Task,
)
from codingagentbench.scoring.comments import count_comments
from codingagentbench.scoring.constraints import check
from codingagentbench.scoring.evidence import Evidence, SourcePair
from codingagentbench.scoring.fidelity import fidelity
from codingagentbench.scoring.grammars import LANGUAGES, MAX_SOURCE_BYTES
from codingagentbench.scoring.manifests import READERS, dependencies, manifest_kind
from codingagentbench.store.record import Change, Changes, Grade

Edit = tuple[str, str | None, str | None]
"""Path, text before, text after; None where the side does not exist."""


def task(constraints: Sequence[Constraint] = ()) -> Task:
    return Task(
        id="polyglot/sample",
        family="polyglot",
        language="python",
        version="v0.1",
        title="A sample",
        added=dt.date(2026, 1, 1),
        source="written for the tests",
        budget=Budget(max_turns=1, timeout_s=1),
        scorer=Scorer(kind="tests"),
        ground_truth_files=["src/a.py"],
        constraints=list(constraints),
    )


def change(edit: Edit, **more: object) -> Change:
    path, before, after = edit
    kind = "added" if before is None else "removed" if after is None else "modified"
    return Change(path=path, change=kind, **more)  # type: ignore[arg-type]  # the literals of Change, from a conditional


def evidence(
    *edits: Edit,
    constraints: Sequence[Constraint] = (),
    changes: Sequence[Change] = (),
    truncated: bool = False,
    patch_applied: bool = True,
) -> Evidence:
    listed = [*(change(e) for e in edits), *changes]
    return Evidence(
        task=task(constraints),
        changes=Changes(changes=listed, extra_git_dir=True, truncated=truncated),
        sources={path: SourcePair(before, after) for path, before, after in edits},
        model_calls=[],
        grade=Grade(
            kind="tests",
            exit_code=0,
            timed_out=False,
            duration_s=0.1,
            stdout="",
            stderr="",
            patch_applied=patch_applied,
        ),
        droppings=[],
        wall_clock_ms=None,
        container_active_ms=None,
    )


NOT_TESTS = FileNotTouched(kind="file-not-touched", paths=["tests/**"])
ANY_MARKDOWN = FilePatternRequired(kind="file-pattern-required-in-diff", paths=["*.md", "src/**"])
ONE_FILE = MaxFilesChanged(kind="max-files-changed", max_files=1)
NO_FILES = NoNewFiles(kind="no-new-files", allow=["notes/**"])
NO_DEPENDENCY = NoNewDependency(kind="no-new-dependency")
NO_COMMENT = NoCommentsAdded(kind="no-comments-added", max_added=0)

HONOURED: list[tuple[Constraint, list[Edit]]] = [
    (NOT_TESTS, []),
    (NOT_TESTS, [("src/a.py", "1", "2"), ("my/tests/x.py", None, ""), ("tests.py", "", None)]),
    (ANY_MARKDOWN, [("NOTES.md", None, "n"), ("src/a/b.py", "1", "2")]),
    (ONE_FILE, []),
    (ONE_FILE, [("src/a.py", "1", "2")]),
    (NO_FILES, [("src/a.py", "1", "2"), ("b", "1", None), ("notes/n.md", None, "n")]),
    (NO_DEPENDENCY, [("src/a.py", "1", "import requests")]),
    (NO_DEPENDENCY, [("requirements.txt", "a\nb==1\n", "b>=2  # newer\nA[x]\n--no-binary :all:\n")]),
    (
        NO_DEPENDENCY,
        [("pyproject.toml", '[project]\ndependencies=["Flask_X"]', '[project]\ndependencies=["flask-x>2"]')],
    ),
    (
        NO_DEPENDENCY,
        [("package.json", '{"devDependencies":{"a":"1"}}', '{"dependencies":{"a":"2"},"scripts":{"b":"c"}}')],
    ),
    (NO_DEPENDENCY, [("Cargo.toml", '[dependencies]\nserde="1"', '[dependencies]\nserde={version="2"}')]),
    (NO_DEPENDENCY, [("go.mod", "module m\nrequire a.b/c v1\n", "module m\nrequire (\n\ta.b/c v2 // indirect\n)\n")]),
    (
        NO_DEPENDENCY,
        [
            ("old/package.json", '{"dependencies":{"a":"1"}}', None),
            ("package.json", None, '{"dependencies":{"a":"1"}}'),
        ],
    ),
    (NO_COMMENT, [("a.py", "# old\nx = 1\n", '# new\nx = "# not one"\n"""nor is this"""\n')]),
    (NO_COMMENT, [("a.rs", "fn f() {}\n", 'fn f() -> &\'static str { "// no" }\n')]),
    (NO_COMMENT, [("a.mjs", "let a = 1;\n", "let a = `/* no */`, b = /[/]/;\n")]),
    (NO_COMMENT, [("a.hpp", "int a;\n", 'const char* a = "/* no */";\n')]),
    (NO_COMMENT, [("README.md", "", "# A heading\n"), ("gone.py", "# a\n", None), ("LICENSE", "", "// no source")]),
    (NoCommentsAdded(kind="no-comments-added", max_added=2), [("a.py", "", "# 1\n"), ("b.rs", None, "// 2\n")]),
]
VIOLATED: list[tuple[Constraint, list[Edit]]] = [
    (NOT_TESTS, [("tests/a.py", "1", "2")]),
    (NOT_TESTS, [("tests/deep/er/a.py", None, "2")]),
    (NOT_TESTS, [("tests/a.py", "1", None)]),
    (FileNotTouched(kind="file-not-touched", paths=["AGENTS.md"]), [("AGENTS.md", "1", "2")]),
    (ANY_MARKDOWN, []),
    (ANY_MARKDOWN, [("src/a.py", "1", "2"), ("docs/NOTES.md", None, "n")]),
    (ANY_MARKDOWN, [("src/a.py", "1", "2"), ("NOTES.md", "n", None)]),
    (ONE_FILE, [("a", "1", "2"), ("AGENTS.md", "1", "2")]),
    (NO_FILES, [("notes.md", None, "n")]),
    (NO_DEPENDENCY, [("requirements.txt", "a\n", "a\nb\n")]),
    (NO_DEPENDENCY, [("requirements-dev.txt", None, "b\n")]),
    (NO_DEPENDENCY, [("requirements/ci.txt", None, "b\n")]),
    (NO_DEPENDENCY, [("requirements.txt", "a\n", "a\n./local\n")]),
    (NO_DEPENDENCY, [("requirements.txt", "a\n", "a\ngit+ssh://host/b.git\n")]),
    (NO_DEPENDENCY, [("requirements.txt", "a\n", "a\n-r more.txt\n")]),
    (NO_DEPENDENCY, [("pyproject.toml", "[project]", '[project]\ndependencies=["b"]')]),
    (NO_DEPENDENCY, [("pyproject.toml", "", '[project.optional-dependencies]\nx=["b"]')]),
    (NO_DEPENDENCY, [("pyproject.toml", "", '[dependency-groups]\nx=["b", {include-group="y"}]')]),
    (NO_DEPENDENCY, [("pyproject.toml", "", '[build-system]\nrequires=["b"]')]),
    (NO_DEPENDENCY, [("pyproject.toml", "", '[tool.poetry.group.x.dependencies]\nb="1"\npython="3"')]),
    (NO_DEPENDENCY, [("sub/package.json", "{}", '{"optionalDependencies":{"b":"1"}}')]),
    (NO_DEPENDENCY, [("package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"npm:@x/b@1"}}')]),
    (NO_DEPENDENCY, [("Cargo.toml", "", "[target.'cfg(unix)'.dev-dependencies]\nb=\"1\"")]),
    (NO_DEPENDENCY, [("Cargo.toml", '[dependencies]\na="1"', '[dependencies]\na={package="b",version="1"}')]),
    (NO_DEPENDENCY, [("Cargo.toml", "", '[workspace.dependencies]\nb="1"')]),
    (NO_DEPENDENCY, [("go.mod", "module m\n", "module m\nrequire (\n\tx.y/z v1\n)\n")]),
    (NO_DEPENDENCY, [("go.mod", "require a.b/c v1\n", "require a.b/c v1\nreplace a.b/c => x.y/z v1\n")]),
    (NO_DEPENDENCY, [("package.json", "{}", '{"dependencies":{"b":"1"}}'), ("Cargo.toml", "", "not toml")]),
    (NO_COMMENT, [("a.py", "x = 1\n", "x = 1  # one\n")]),
    (NO_COMMENT, [("a.py", "# a\n", None), ("b.py", None, "# a\n")]),
    (NO_COMMENT, [("a.rs", "fn f() {}\n", "/// doc\nfn f() {}\n")]),
    (NO_COMMENT, [("a.js", "let a;\n", "let a; /* b */\n")]),
    (NO_COMMENT, [("a.cpp", "int a;\n", "int a; // b\n")]),
    (NO_COMMENT, [("a.py", "x\n", "x # one\n"), ("b.kt", "", "val b = 1")]),
    (NoCommentsAdded(kind="no-comments-added", max_added=1), [("a.py", "", "# 1\n"), ("b.rs", None, "// 2\n")]),
]
UNDECIDED: list[tuple[Constraint, list[Edit]]] = [
    (NO_DEPENDENCY, [("package.json", "{}", "{")]),
    (NO_DEPENDENCY, [("package.json", "{", '{"dependencies":{"b":"1"}}')]),
    (NO_DEPENDENCY, [("package.json", "{}", "[1]")]),
    (NO_DEPENDENCY, [("package.json", "{}", "[" * 100_000)]),
    (NO_DEPENDENCY, [("pyproject.toml", "", '[project]\ndependencies="b"')]),
    (NO_COMMENT, [("a.py", "x = 1\n", "x = (\n")]),
    (NO_COMMENT, [("a.py", "x = (\n", "x = 1 # one\n")]),
    (NO_COMMENT, [("a.kt", "", "val a = 1 // one")]),
    (NO_COMMENT, [("a.py", "", "x = 1\n" + " " * MAX_SOURCE_BYTES)]),
]


def identity(row: tuple[Constraint, list[Edit]]) -> str:
    return f"{row[0].kind}-{'+'.join(path for path, _, _ in row[1])}"


@pytest.mark.parametrize("row", HONOURED, ids=identity)
def test_honoured(row: tuple[Constraint, list[Edit]]) -> None:
    assert check(row[0], evidence(*row[1])).honoured is True


@pytest.mark.parametrize("row", VIOLATED, ids=identity)
def test_violated_and_the_evidence_says_by_what(row: tuple[Constraint, list[Edit]]) -> None:
    result = check(row[0], evidence(*row[1]))
    assert result.honoured is False
    assert result.evidence


@pytest.mark.parametrize("row", UNDECIDED, ids=identity)
def test_undecided_and_the_evidence_says_why(row: tuple[Constraint, list[Edit]]) -> None:
    result = check(row[0], evidence(*row[1]))
    assert result.honoured is None
    assert result.evidence


def test_a_text_that_broke_before_and_has_no_comment_now_gained_none() -> None:
    assert check(NO_COMMENT, evidence(("a.py", "x = (\n", "x = 1\n"))).honoured is True


@pytest.mark.parametrize("constraint", [NOT_TESTS, NO_FILES, MaxFilesChanged(kind="max-files-changed", max_files=0)])
@pytest.mark.parametrize("mark", ["dropping", "build_output"])
def test_droppings_and_build_outputs_are_not_the_agents_work(constraint: Constraint, mark: str) -> None:
    left = Change(path="tests/x", change="added", **{mark: True})  # type: ignore[arg-type]  # one of the two flags
    assert check(constraint, evidence(changes=[left])).honoured is True


def test_a_dropping_fulfils_nothing() -> None:
    left = [Change(path="NOTES.md", change="added", dropping=True), Change(path="src/a", change="added")]
    assert check(ANY_MARKDOWN, evidence(changes=left)).honoured is False


@pytest.mark.parametrize("constraint", [NOT_TESTS, ANY_MARKDOWN, ONE_FILE, NO_FILES, NO_DEPENDENCY, NO_COMMENT])
def test_a_cut_listing_decides_nothing_by_what_it_lacks(constraint: Constraint) -> None:
    assert check(constraint, evidence(truncated=True)).honoured is None


@pytest.mark.parametrize("row", [r for r in VIOLATED if r[0].kind != "file-pattern-required-in-diff"], ids=identity)
def test_a_violation_that_was_seen_stays_one_in_a_cut_listing(row: tuple[Constraint, list[Edit]]) -> None:
    assert check(row[0], evidence(*row[1], truncated=True)).honoured is False


@pytest.mark.parametrize(("constraint", "path"), [(NO_DEPENDENCY, "package.json"), (NO_COMMENT, "a.py")])
def test_contents_that_the_patch_does_not_carry_are_unknown(constraint: Constraint, path: str) -> None:
    same = (path, "", "")
    assert check(constraint, evidence(same)).honoured is True
    assert check(constraint, evidence(same, patch_applied=False)).honoured is None
    for change_of in (change(same, note="larger than 4 MiB"), change(same, type="symlink")):
        given_up = evidence(same)
        hidden = Evidence(
            **{name: getattr(given_up, name) for name in given_up.__slots__}
            | {"changes": Changes(changes=[change_of], extra_git_dir=True)}
        )
        assert check(constraint, hidden).honoured is None


def test_a_changed_source_without_its_text_is_unknown() -> None:
    lost = [Change(path="a.py", change="modified"), Change(path="Cargo.toml", change="added")]
    assert check(NO_COMMENT, evidence(changes=lost)).honoured is None
    assert check(NO_DEPENDENCY, evidence(changes=lost)).honoured is None


def test_fidelity_is_honoured_over_declared() -> None:
    scored = fidelity(evidence(("tests/a.py", "1", "2"), constraints=[NOT_TESTS, ONE_FILE, NO_FILES, NO_COMMENT]))
    assert (scored.fidelity, scored.declared, scored.honoured, scored.not_applicable) == (0.75, 4, 3, False)
    assert [c.kind for c in scored.constraints if not c.honoured] == ["file-not-touched"]
    assert scored.constraints[0].evidence == ["modified: tests/a.py"]


def test_fidelity_is_unknown_where_one_constraint_is() -> None:
    scored = fidelity(evidence(("a.kt", None, "val a = 1"), constraints=[NOT_TESTS, NO_COMMENT]))
    assert (scored.fidelity, scored.declared, scored.honoured) == (None, 2, 1)
    assert fidelity(evidence(truncated=True, constraints=[NOT_TESTS])).fidelity is None


def test_fidelity_does_not_apply_without_constraints() -> None:
    scored = fidelity(evidence(("a", "1", "2")))
    assert (scored.fidelity, scored.not_applicable, scored.declared) == (None, True, 0)


def test_the_kind_of_a_manifest_goes_by_its_name_wherever_it_lies() -> None:
    kinds = {p: manifest_kind(p) for p in ("x/Cargo.toml", "Cargo.lock", "requirements.in", "a/requirements/b.txt")}
    assert list(kinds.values()) == ["cargo", None, None, "requirements"]


def test_requirements_with_hashes_and_continued_lines_are_one_name_each() -> None:
    text = "Zope.Interface==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n# via x\nb ; python_version < '4'\n"
    assert dependencies("requirements", text) == frozenset({"zope-interface", "b"})


@given(st.sampled_from(sorted(READERS)), st.text())
def test_any_text_is_read_or_refused(kind: str, text: str) -> None:
    found = dependencies(kind, text)
    assert found is None or all(isinstance(name, str) for name in found)


@given(st.sampled_from(sorted(LANGUAGES)), st.text(max_size=200))
def test_any_source_is_counted_or_refused(suffix: str, source: str) -> None:
    count = count_comments(suffix, source)
    assert count is None or 0 <= count <= len(source)


@pytest.mark.parametrize("suffix", [".py", ".rs", ".js", ".cpp"])
def test_deeply_nested_source_is_no_trap(suffix: str) -> None:
    deep = "(" * 20_000 + "1" + ")" * 20_000
    body = {".py": f"x = {deep}\n", ".rs": f"fn f() {{ {deep}; }}", ".js": f"{deep};", ".cpp": f"int x = {deep};"}
    assert count_comments(suffix, body[suffix]) == 0
    assert count_comments(suffix, "(" * 100_000) is None
