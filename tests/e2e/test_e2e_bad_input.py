"""Bad input: one clear line, the documented exit code, nothing lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog, own_root
from e2e.conftest import Cab

pytestmark = [pytest.mark.e2e]
TASK = "polyglot/python-reverse-string"
ORACLE = ["--tui", "direct", "--model", "control/oracle", "--task", TASK]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tui", "aidr", "--model", "control/oracle", "--task", TASK], "unknown TUI 'aidr': did you mean aider"),
        (["--tui", "direct", "--model", "control/orcle", "--task", TASK], "did you mean control/oracle"),
        (["--tui", "direct", "--model", "control/oracle", "--task", "polyglot/python-revers"], "did you mean " + TASK),
        (["demmo"], "unknown sweep 'demmo': did you mean demo"),
        (["--tui", "direct"], "--model, --task missing"),
        (["demo", "--sandbox", "dcker"], "unknown sandbox engine 'dcker'"),
    ],
)
def test_unknown_names_exit_2_with_the_nearest(cab: Cab, arguments: list[str], said: str) -> None:
    done = cab("sweep", *arguments, code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not cab.results.exists()


def test_a_malformed_sweep_names_file_line_and_key(cab: Cab) -> None:
    path = cab.folder / "bad.toml"
    path.write_text('id = "bad"\ntuis = ["direct"]\nmodel = ["control/oracle"]\ntasks = []\n')
    done = cab("sweep", str(path), code=2)
    assert f"{path}:3: model: unknown key: did you mean models" in done.stderr
    assert f"{path}:4: tasks: bad value []" in done.stderr
    path.write_text('id = "bad\n')
    assert f"{path}:1:" in cab("sweep", str(path), code=2).stderr


def test_somebody_elses_catalogue_adds_to_ours(cab: Cab, extra_task: Callable[[str], Path]) -> None:
    theirs = extra_task("their-task")
    cab(
        "sweep",
        "--catalog",
        str(theirs),
        "--tui",
        "direct",
        "--model",
        "control/oracle",
        "--task",
        "polyglot/their-task",
    )
    (row,) = cab.cells()
    assert (row["task_id"], row["as_expected"]) == ("polyglot/their-task", True)
    ours = len(open_catalog().task_places)
    assert f"no faults: {ours + 1} tasks" in cab("catalog", "check", CAB_CATALOG=str(theirs)).stdout


def test_a_name_in_two_catalogues_is_refused(cab: Cab, extra_task: Callable[[str], Path]) -> None:
    theirs = extra_task("python-reverse-string")
    done = cab("catalog", "check", "--catalog", str(theirs), code=2)
    assert "stands in" in done.stdout
    assert str(own_root()) in done.stdout


def test_a_missing_toolchain_skips_with_its_reason(cab: Cab, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("git", "bwrap", "python3", "sh"):
        (tools / name).symlink_to(Path("/usr/bin") / name)
    done = cab(
        "sweep",
        "--tui",
        "direct",
        "--model",
        "control/oracle",
        "--task",
        "mutations/rust-error-negated",
        PATH=str(tools),
    )
    assert "1 skipped: toolchain 'rust' is not on this machine" in done.stdout
    (row,) = cab.cells()
    assert (row["outcome"], "rustc" in row["outcome_detail"]) == ("skipped_toolchain_missing", True)


def test_without_bubblewrap_nothing_runs_unless_asked_for(cab: Cab, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("git", "python3", "sh"):
        (tools / name).symlink_to(Path("/usr/bin") / name)
    done = cab("sweep", *ORACLE, code=4, PATH=str(tools))
    assert "bubblewrap is not installed" in done.stderr
    assert not cab.results.exists()


@pytest.mark.usefixtures("host_port")
def test_without_a_sandbox_the_record_is_not_citable(cab: Cab) -> None:
    done = cab("sweep", *ORACLE, "--sandbox", "none")
    assert "1 not citable: run without a sandbox" in done.stdout
    (row,) = cab.cells()
    assert (row["as_expected"], row["citable"]) == (True, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file system that is read-only for root")
def test_a_read_only_results_folder_is_said_in_one_line(cab: Cab) -> None:
    cab.results.mkdir()
    script = f"mount -t tmpfs -o ro none {cab.results} && exec python3 -m codingagentbench sweep {' '.join(ORACLE)}"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script.replace("python3", sys.executable)],
        env=cab.env,
        cwd=cab.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.strip().splitlines() == [done.stderr.strip()]
    assert "Read-only file system" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_loses_nothing_and_the_sweep_goes_on_when_there_is_room(cab: Cab) -> None:
    cab.results.mkdir()
    sweep = f"{sys.executable} -m codingagentbench sweep {' '.join(ORACLE)}"
    script = (
        f"mount -t tmpfs -o size=300m none {cab.results} && cd {cab.folder} && {sweep} --repetitions 1 >/dev/null && "
        f"head -c 290m /dev/zero > {cab.results}/filler; {sweep} --repetitions 3 >/dev/null; echo code $?; "
        f"rm {cab.results}/filler; {sweep} --repetitions 3 >/dev/null; echo code $?"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], env=cab.env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["code", "4", "code", "0"], done.stderr
    assert "MiB free" in done.stderr or "No space left" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_disk_that_fills_in_mid_sweep_is_one_line_and_loses_nothing_sealed(cab: Cab) -> None:
    cab.results.mkdir()
    sweep = f"{sys.executable} -m codingagentbench sweep {' '.join(ORACLE)} --repetitions 40"
    sealed = f"find {cab.results} -path '*attempt-001/record.json'"
    script = (
        f"mount -t tmpfs -o size=300m none {cab.results} && cd {cab.folder}; "
        f'(until [ -n "$({sealed} 2>/dev/null)" ]; do sleep 0.02; done; '
        f"head -c 400m /dev/zero > {cab.results}/filler 2>/dev/null) & "
        f'{sweep} >/dev/null; echo code $?; wait; test -n "$({sealed})" && echo kept; '
        f"rm {cab.results}/filler; {sweep} >/dev/null 2>&1; echo code $?"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], env=cab.env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["code", "4", "kept", "code", "0"], done.stderr
    assert "No space left" in done.stderr or "disk is full" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
