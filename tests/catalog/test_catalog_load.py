"""The loader on good, bad and hostile folders: a CatalogError that names file, line and key, never a traceback."""

import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.agents_md import agents_md
from codingagentbench.catalog.load import Catalog, open_catalog, own_root
from codingagentbench.catalog.schema import KINDS, schemas
from codingagentbench.catalog.toml_lines import line_of
from codingagentbench.errors import CatalogError, UsageError

TASK = """\
id = "polyglot/sample"
family = "polyglot"
language = "python"
version = "v0.1"
title = "A sample"
added = 2026-01-01
source = "written for the tests"
ground_truth_files = ["src/a.py"]
protected = ["tests/**", "AGENTS.md"]
toolchains = ["python"]

[budget]
max_turns = 3
timeout_s = 60

[scorer]
kind = "tests"
format = "unittest"
command = ["{python}", "-m", "unittest"]
tests = ["test_a"]

[[constraints]]
kind = "file-not-touched"
paths = ["tests/**"]

[[constraints]]
kind = "max-files-changed"
max_files = 1
"""
TUI = """\
name = "sample"
title = "Sample"
homepage = "https://example.invalid"
licence = "MIT"
wire = "chat"
argv = ["{tui}/sample"]

[install]
registry = "builtin"
package = "sample"
version = "1"
"""
CONTROLS = """\
[[control]]
id = "control/noop"
behaviour = "noop"
title = "Nothing"
expect = { pass_rate = "== 0" }
expect_on_refusal_tasks = { pass_rate = "== 0" }
"""
TOOLCHAINS = """\
name = "python"
probes = [["echo", "/usr"]]
programs = { python = "bin/python3" }
version = ["python", "--version"]
install_hint = "install Python"
"""
RUST = TOOLCHAINS.replace("python", "rust").replace("bin/rust3", "bin/cargo").replace("{ rust", "{ cargo")
SWEEP = 'id = "small"\ntuis = ["sample"]\nmodels = ["control/noop"]\ntasks = ["polyglot/*"]\n'
Root = Callable[..., Path]


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def sample(root: Path, **changed: str | bytes) -> Path:
    """A catalogue with one entry of each kind; `changed` replaces files by their short names."""
    task = "tasks/v0.1/polyglot/sample"
    short: dict[str, tuple[str, str | bytes]] = {
        "task": (f"{task}/task.toml", TASK),
        "prompt": (f"{task}/prompt.md", "Do it.\n"),
        "solution": (f"{task}/solution/src/a.py", "a = 1\n"),
        "workdir": (f"{task}/workdir/src/a.py", "a = 0\n"),
        "grader": (f"{task}/grader/tests/test_a.py", "import unittest\n"),
        "tui": ("tuis/sample.toml", TUI),
        "model": ("models/control.toml", CONTROLS),
        "toolchain": ("toolchains/python.toml", TOOLCHAINS),
        "rust": ("toolchains/rust.toml", RUST),
        "sweep": ("sweeps/small.toml", SWEEP),
    }
    assert changed.keys() <= short.keys()
    return write(root, {path: changed.get(name, content) for name, (path, content) in short.items()})


def faults(root: Path) -> list[str]:
    """What `check` says, without the folder."""
    return [
        fault.replace(f"{root}/", "").replace("tasks/v0.1/polyglot/sample/", "") for fault in Catalog([root]).check()
    ]


def test_a_good_catalogue_has_no_fault_and_every_kind(tmp_path: Path) -> None:
    catalog = Catalog([sample(tmp_path)])
    assert catalog.check() == []
    assert (list(catalog.tasks), list(catalog.tuis), list(catalog.models)) == (
        ["polyglot/sample"],
        ["sample"],
        ["control/noop"],
    )
    task = catalog.task("polyglot/sample")
    assert (task.prompt, task.workdir.name, task.grader.name) == ("Do it.", "workdir", "grader")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", task.digest)
    assert catalog.sweep("small").tasks == ["polyglot/sample"]
    assert catalog.sweep(str(tmp_path / "sweeps/small.toml")).tuis == ["sample"]


def swap(old: str, new: str, text: str = TASK) -> str:
    assert old in text
    return text.replace(old, new, 1)


BAD_TASKS: dict[str, tuple[str | bytes, str]] = {
    "unknown key": (swap("protected =", "protcted ="), "task.toml:9: protcted: unknown key: did you mean protected?"),
    "unknown key of a constraint": (
        swap("max_files", "max_files = 1\nmaxfiles"),
        "task.toml:29: constraints.1.maxfiles: unknown key: did you mean max_files?",
    ),
    "missing key": (swap("max_turns = 3\n", ""), "task.toml:12: budget.max_turns: missing: a value is needed"),
    "missing key in an array": (
        swap("max_files = 1\n", ""),
        "task.toml:26: constraints.1.max_files: missing: a value is needed",
    ),
    "wrong type": (
        swap("timeout_s = 60", 'timeout_s = "60"'),
        "task.toml:14: budget.timeout_s: bad value '60': accepted: a valid integer",
    ),
    "not one of the values": (
        swap('"unittest"\nc', '"pytest"\nc'),
        "task.toml:18: scorer.format: bad value 'pytest': accepted: 'cargo', 'unittest', 'node-tap', 'check-lines', "
        "'go-json', 'junit' or 'cab'",
    ),
    "unknown kind of constraint": (
        swap("max-files-changed", "max-file-changed"),
        "task.toml:26: constraints.1: 'kind': bad value 'max-file-changed': did you mean max-files-changed?",
    ),
    "constraint without a kind": (
        swap('kind = "max-files-changed"\n', ""),
        "task.toml:26: constraints.1: missing: the key 'kind'",
    ),
    "path that climbs": (
        swap('["src/a.py"]', '["../a.py"]'),
        "task.toml:8: ground_truth_files.0: bad value '../a.py': "
        "accepted: a relative path without '..' and without control characters",
    ),
    "not in solution/": (
        swap('["src/a.py"]', '["src/a.py", "src/b.py"]'),
        "task.toml:8: ground_truth_files.1: bad value 'src/b.py': accepted: a file in solution/",
    ),
    "id of another folder": (
        swap("polyglot/sample", "polyglot/other"),
        "task.toml:1: id: bad value 'polyglot/other': accepted: 'polyglot/sample', the folder that it lies in",
    ),
    "family of another id": (
        swap('"polyglot"', '"mutations"'),
        "task.toml:2: family: bad value 'mutations': accepted: 'polyglot', as the id has it",
    ),
    "version of another folder": (
        swap("v0.1", "v0.2"),
        "task.toml:4: version: bad value 'v0.2': accepted: 'v0.1', the folder above",
    ),
    "no tests": (swap('["test_a"]', "[]"), "task.toml:20: scorer.tests: missing: the kind 'tests' needs it"),
    "a test twice": (
        swap('["test_a"]', '["test_a", "test_a"]'),
        "task.toml:20: scorer.tests: bad value 'test_a': accepted: each name once",
    ),
    "unknown toolchain": (
        swap('["python"]', '["pyton"]'),
        "task.toml:10: toolchains: unknown toolchain 'pyton': did you mean python?",
    ),
    "program of another toolchain": (
        swap('"{python}"', '"{cargo}"'),
        "task.toml:19: scorer.command: bad value '{cargo}': no program of the task's toolchains: "
        "it is in the toolchain 'rust'",
    ),
    "unknown program": (
        swap('"{python}"', '"{pyton}"'),
        "task.toml:19: scorer.command: bad value '{pyton}': no program of the task's toolchains: accepted: python",
    ),
    "refusal without its table": (
        swap("protected", "expected_refusal = true\nprotected"),
        "task.toml:9: expected_refusal: bad value True: accepted: true exactly where [behaviour] has a document",
    ),
    "a glob that matches nothing": (
        swap('["tests/**", "AGENTS.md"]', '["tests/"]'),
        "task.toml:9: protected.0: bad value 'tests/': accepted: a relative glob such as 'tests/**'",
    ),
    "broken TOML": (
        swap("[budget]", "[budget"),
        "task.toml:12:8: not TOML: Expected ']' at the end of a table declaration",
    ),
    "not UTF-8": (TASK.encode() + b"\n# \xff", f"task.toml: not UTF-8 at byte {len(TASK) + 3}"),
    "too large": (TASK + "#" * (1 << 20), f"task.toml: {len(TASK) + (1 << 20)} bytes: accepted: at most 1048576"),
    "a number without end": (f"id = {'9' * 5000}", "task.toml: not TOML: "),
    "nested without end": (f"id = {'[' * 5000}", "task.toml: nested too deeply to be read"),
}


@pytest.mark.parametrize("case", BAD_TASKS)
def test_a_bad_task_is_one_line_with_file_line_and_key(case: str, tmp_path: Path) -> None:
    content, wanted = BAD_TASKS[case]
    found = faults(sample(tmp_path, task=content))
    assert len(found) == 1
    assert found[0].startswith(wanted) if wanted.endswith(" ") else found[0] == wanted


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    text = swap("max_turns = 3", "max_turns = 0")
    found = faults(sample(tmp_path, task=swap('"v0.1"', '"../v0.1"', swap('"src/a.py"', '"/src"', text))))
    assert [f.split(": ")[:2] for f in found] == [
        ["task.toml:4", "version"],
        ["task.toml:13", "budget.max_turns"],
        ["task.toml:8", "ground_truth_files.0"],
    ]


def test_all_faults_of_all_kinds_come_at_once(tmp_path: Path) -> None:
    root = sample(
        tmp_path,
        task=swap("title", "titel"),
        tui=swap("licence", "license", TUI),
        model=swap('"noop"', '"nop"', CONTROLS),
        toolchain=swap("probes", "probe", TOOLCHAINS),
        sweep=swap("models", "model", SWEEP),
    )
    files = {fault.split(":")[0] for fault in faults(root)}
    assert files == {
        "task.toml",
        "tuis/sample.toml",
        "models/control.toml",
        "toolchains/python.toml",
        "sweeps/small.toml",
    }


def test_the_two_halves_of_a_refusal_go_together(tmp_path: Path) -> None:
    table = '\n[behaviour]\nkind = "unsolvable"\ndocument = "REFUSAL.md"\ncontradictions = [["a", "b"]]\n'
    assert [f.split(": ")[1] for f in faults(sample(tmp_path, task=TASK + table))] == [
        "scorer.kind",
        "expected_refusal",
    ]
    (scorer,) = re.findall(r"format = .*\ncommand = .*\ntests = .*\n", TASK)
    right = swap(scorer, "", swap("protected", "expected_refusal = true\nprotected", TASK + table))
    assert faults(sample(tmp_path, task=swap('kind = "tests"', 'kind = "refusal"', right))) == []
    assert [f.split(": ")[1] for f in faults(sample(tmp_path, task=right))] == [
        "scorer.command",
        "scorer.tests",
        "scorer.format",
        "scorer.kind",
    ]


@pytest.mark.parametrize(
    "prompt", ["", " \n", "a\0b", "x" * 100_001, b"\xff"], ids=["empty", "blank", "nul", "long", "binary"]
)
def test_a_prompt_that_no_cli_could_be_given_is_refused(prompt: str | bytes, tmp_path: Path) -> None:
    (found,) = faults(sample(tmp_path, prompt=prompt))
    assert found.startswith("prompt.md: ")


@pytest.mark.parametrize("part", ["prompt.md", "workdir", "grader", "solution", "task.toml"])
def test_a_missing_part_is_named(part: str, tmp_path: Path) -> None:
    folder = sample(tmp_path) / "tasks/v0.1/polyglot/sample"
    (folder / part).rename(tmp_path / "elsewhere")
    assert any(f.startswith(part) or part == "solution" for f in faults(tmp_path))
    assert faults(tmp_path)


def test_links_and_special_files_are_refused(tmp_path: Path) -> None:
    root = sample(tmp_path / "catalog")
    place = root / "tasks/v0.1/polyglot/sample/workdir/odd"
    makers: list[Callable[[], None]] = [
        lambda: place.symlink_to("/etc/passwd"),
        lambda: place.symlink_to("src/a.py"),
        lambda: place.symlink_to("../../.."),
        lambda: place.symlink_to("nowhere"),
        lambda: os.mkfifo(place),
    ]
    for make in makers:
        make()
        assert faults(root) == ["workdir/odd: neither a file nor a folder: a task holds plain files only"]
        place.unlink()
    assert faults(root) == []


def test_what_the_harness_makes_is_refused_in_a_work_directory(tmp_path: Path) -> None:
    root = write(sample(tmp_path), {"tasks/v0.1/polyglot/sample/workdir/AGENTS.md": "mine"})
    assert [f.split(":")[0] for f in faults(root)] == ["workdir/AGENTS.md"]


def test_a_solution_that_changes_a_protected_file_is_refused(tmp_path: Path) -> None:
    root = write(sample(tmp_path), {"tasks/v0.1/polyglot/sample/solution/tests/a.py": ""})
    assert faults(root) == ["solution/tests/a.py: protected: a right answer leaves it alone"]


def test_bytecode_is_refused_since_it_would_change_the_task(tmp_path: Path) -> None:
    root = write(sample(tmp_path), {"tasks/v0.1/polyglot/sample/grader/__pycache__/a.pyc": b"x"})
    assert faults(root) == ["grader/__pycache__: left by a run of the task's code: remove it"]


def test_a_pipe_where_a_file_belongs_does_not_hang(tmp_path: Path) -> None:
    root = sample(tmp_path)
    os.mkfifo(root / "tuis/pipe.toml")
    assert faults(root)[0] == "tuis/pipe.toml: not a file"


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder 3,000 levels deep: deeper than Python's stack and longer than a path may be."""
    top = sample(tmp_path) / "tasks/v0.1/polyglot/sample/workdir/d"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    yield tmp_path
    subprocess.run(["rm", "-rf", str(top)], check=True)  # shutil would need a stack of that depth


def test_very_deep_folders_are_refused(deep: Path) -> None:
    (found, *_) = faults(deep)
    assert found.endswith("cannot be read: File name too long")


def test_the_digest_follows_paths_contents_and_the_executable_bit(tmp_path: Path) -> None:
    def digest() -> str:
        return Catalog([tmp_path]).task("polyglot/sample").digest

    seen = [(sample(tmp_path), digest())[1]]
    solution = tmp_path / "tasks/v0.1/polyglot/sample/solution/src/a.py"
    changes: list[Callable[[], object]] = [
        lambda: solution.write_text("a = 2\n"),
        lambda: solution.chmod(0o755),
        lambda: write(solution.parent, {"b.py": ""}),
        lambda: (solution.parent / "b.py").rename(solution.parent / "c.py"),
        lambda: write(solution.parent, {os.fsdecode(b"\xff"): ""}),
    ]
    for change in changes:
        change()
        seen.append(digest())
    assert len(set(seen)) == len(seen)
    os.utime(solution, (0, 0))
    assert digest() == seen[-1]


def test_an_id_in_two_roots_names_both_files(tmp_path: Path) -> None:
    one, two = sample(tmp_path / "one"), sample(tmp_path / "two")
    both = Catalog([one, two])
    for kind, file in (("tuis", "tuis/sample.toml"), ("tasks", "tasks/v0.1/polyglot/sample/task.toml")):
        with pytest.raises(CatalogError, match="already") as raised:
            getattr(both, kind)
        assert str(one / file) in str(raised.value)
        assert str(two / file) in str(raised.value)


def test_names_that_differ_in_case_only_collide(tmp_path: Path) -> None:
    root = write(sample(tmp_path), {"tuis/again.toml": swap('"sample"', '"Sample"', TUI)})
    (found, *_) = faults(root)
    assert found == "tuis/sample.toml: tui 'sample' stands in tuis/again.toml already (as 'Sample'): names are unique"


@pytest.mark.parametrize(
    ("kind", "name", "near"),
    [
        ("task", "polyglot/sampel", "polyglot/sample"),
        ("tui", "smaple", "sample"),
        ("model", "control/nop", "control/noop"),
    ],
)
def test_an_unknown_name_gets_the_nearest_ones(kind: str, name: str, near: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"did you mean {near}") as raised:
        getattr(Catalog([sample(tmp_path)]), kind)(name)
    assert raised.value.exit_code == 2


def test_a_sweep_names_every_unknown_name_at_once(tmp_path: Path) -> None:
    text = 'id = "small"\ntuis = ["a", "sample"]\nmodels = ["b/c"]\ntasks = ["polyglot/x*", "d/e"]\nstacks = [["f"]]\n'
    found = faults(sample(tmp_path, sweep=text))
    assert [re.findall(r"unknown (\w+) '(.*?)'", f)[0] for f in found] == [
        ("TUI", "a"),
        ("model", "b/c"),
        ("plugin", "f"),
        ("task", "polyglot/x*"),
        ("task", "d/e"),
    ]
    assert all(f.startswith("sweeps/small.toml: ") for f in found)


def test_a_sweep_has_the_name_of_its_file(tmp_path: Path) -> None:
    found = faults(sample(tmp_path, sweep=swap('"small"', '"large"', SWEEP)))
    assert found == ["sweeps/small.toml:1: id: bad value 'large': accepted: 'small', the file's name"]


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        open_catalog([tmp_path / "nowhere"])
    monkeypatch.setenv("CAB_CATALOG", f"{sample(tmp_path / 'one')}{os.pathsep}{sample(tmp_path / 'two')}")
    assert open_catalog().roots == (own_root(), tmp_path / "one", tmp_path / "two")


def test_kinds_are_read_when_first_used(tmp_path: Path) -> None:
    catalog = Catalog([sample(tmp_path, tui="not TOML", task="not TOML")])
    assert list(catalog.models) == ["control/noop"]
    with pytest.raises(CatalogError):
        catalog.tui("sample")


def test_models_behind_no_endpoint_are_refused(tmp_path: Path) -> None:
    found = faults(sample(tmp_path, model='[[model]]\nid = "a/b"\n'))
    assert found[0] == "models/control.toml: endpoint: missing: [[model]] tables need the [endpoint] that serves them"


def test_agents_md_says_each_constraint_in_one_sentence(tmp_path: Path) -> None:
    task = Catalog([sample(tmp_path)]).task("polyglot/sample")
    assert task.agents_md == (
        "# Rules for this work directory\n\n"
        "- Do not add, change or remove files matching `tests/**`.\n"
        "- Change at most 1 file.\n"
    )
    assert agents_md(task.task.model_copy(update={"constraints": []})) == ""


def test_every_kind_of_file_has_a_schema_that_documents_every_key() -> None:
    assert schemas().keys() == KINDS.keys()
    for schema in schemas().values():
        assert schema["additionalProperties"] is False
        assert schema["properties"]


LINES = """\
# [not.here]
a = 1
[t]
a = 2
"quoted key" = '''
[b]
a = 3
'''
b.c = { d = 1, e = 2 }
[[list]]
a = 4
[list.sub]
a = 5
[[list]]
a = 6
[list.sub]
a = [
  7,
]
"""


def test_lines_are_found_through_tables_arrays_and_long_strings() -> None:
    wanted: dict[tuple[str | int, ...], int | None] = {
        ("a",): 2,
        ("t", "a"): 4,
        ("t", "quoted key"): 5,
        ("t", "b", "c", "e"): 9,
        ("list", 0, "a"): 11,
        ("list", 0, "sub", "a"): 13,
        ("list", 1, "a"): 15,
        ("list", 1, "sub", "a", 0): 17,
        ("list", 1, "missing"): 14,
        ("b", "a"): None,
    }
    assert {place: line_of(LINES, place) for place in wanted} == wanted


toml_values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5).map(lambda s: s.replace("\r", ""))),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


def as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
        case list():
            return f"[{', '.join(as_toml(v) for v in value)}]"
        case _:
            return str(value)


def only_catalog_errors(root: Path) -> None:
    """Everything is read; what cannot be is a fault on one line."""
    for fault in Catalog([root]).check():
        assert str(root) in fault
        assert fault.isprintable()


FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
FILES = {"task": TASK, "tui": TUI, "model": CONTROLS, "toolchain": TOOLCHAINS, "sweep": SWEEP}


@FUZZ
@given(st.sampled_from(sorted(FILES)), st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_fault_and_never_a_traceback(tmp_path: Path, kind: str, content: bytes) -> None:
    only_catalog_errors(sample(tmp_path, **{kind: content}))


@FUZZ
@given(st.sampled_from(sorted(FILES)), st.data())
def test_any_value_for_a_key_is_a_fault_and_never_a_traceback(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    lines = FILES[kind].splitlines()
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if " = " in line]))
    key = lines[number].split(" = ")[0]
    lines[number] = f"{key} = {as_toml(data.draw(toml_values))}"
    text = "\n".join(lines)
    tomllib.loads(text)
    only_catalog_errors(sample(tmp_path, **{kind: text}))


@FUZZ
@given(st.sampled_from(sorted(FILES)), st.integers(min_value=0), st.binary(max_size=4), st.integers(0, 8))
def test_any_damage_to_a_file_is_a_fault_and_never_a_traceback(
    tmp_path: Path, kind: str, at: int, put: bytes, cut: int
) -> None:
    text = FILES[kind].encode()
    place = at % len(text)
    only_catalog_errors(sample(tmp_path, **{kind: text[:place] + put + text[place + cut :]}))
