"""What a glob means, everywhere in CAB."""

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.globs import matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "a.py"),
        ("?", "é"),
        ("tests/**", "tests/a"),
        ("tests/**", "tests/a/b/c"),
        ("**", "a/b"),
        ("**/x.o", "x.o"),
        ("**/x.o", "a/b/x.o"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b"),
        ("**/**/b", "b"),
        ("**/node_modules/**", "node_modules/x"),
        ("**/node_modules/**", "a/node_modules/x/y"),
        ("a**/b", "axx/b"),
        ("*\n", "x\n"),
        (".aider*", ".aider.chat.history.md"),
    ],
)
def test_matches(glob: str, path: str) -> None:
    assert matches(path, ["never", glob])


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "src/a.py"),
        ("a?b", "a/b"),
        ("tests/**", "tests"),
        ("tests/**", "my/tests/a"),
        ("tests/*", "tests/a/b"),
        ("**/x.o", "ax.o"),
        ("a/**/b", "ab"),
        ("a**/b", "a/x/b"),
        ("**/node_modules/**", "node_modules"),
        ("a.b", "axb"),
        ("[a]", "a"),
        ("{a,b}", "a"),
        ("a", "a\n"),
        ("A", "a"),
    ],
)
def test_does_not_match(glob: str, path: str) -> None:
    assert not matches(path, [glob])


def test_no_glob_matches_nothing() -> None:
    assert not matches("a", [])


@given(st.text("ab*?.", min_size=1, max_size=8), st.text("ab.", min_size=1, max_size=8))
def test_within_a_segment_it_is_fnmatch(glob: str, path: str) -> None:
    assert matches(path, [glob]) == (fnmatch.fnmatchcase(path, glob) if glob != "**" else True)


def plain(glob: str) -> str:
    """The same meaning as an ordinary regular expression, which may backtrack."""
    *folders, last = glob.split("/")
    head = "".join("(?:[^/]+/)*" if f == "**" else re.escape(f).replace(r"\*", "[^/]*") + "/" for f in folders)
    return head + (".+" if last == "**" else re.escape(last).replace(r"\*", "[^/]*"))


@given(
    st.lists(st.sampled_from(["**", "*", "a", "b", "a*", "*b*"]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["a", "b", "ab", "ba", "c"]), min_size=1, max_size=7),
)
def test_not_backtracking_changes_no_answer(segments: list[str], names: list[str]) -> None:
    glob, path = "/".join(segments), "/".join(names)
    assert matches(path, [glob]) == bool(re.fullmatch(plain(glob), path))


def test_a_long_path_is_no_trap() -> None:
    assert not matches("x/" * 2000 + "y", ["**/x/**/x/**/x/**/x/**/b"])
    assert not matches("a" * 4000, ["*a*a*a*a*a*a*b"])


def test_a_lone_star_is_every_task_and_a_familys_star_its_own() -> None:
    catalog = open_catalog()
    spec = SweepSpec(id="x", tuis=["direct"], models=["control/noop"], tasks=["*"])
    assert catalog.resolve(spec).tasks == list(catalog.task_places)
    own = catalog.resolve(spec.model_copy(update={"tasks": ["integrity/*"]})).tasks
    assert own == [name for name in catalog.task_places if name.startswith("integrity/")]
