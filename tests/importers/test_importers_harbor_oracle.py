"""Harbor's own models as the oracle: what they refuse we refuse, and what we export they accept.

The package `harbor` needs Python 3.12; it is installed, hash-locked, into an environment of its own beside the bundles.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.faults import read_entry
from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.toml_text import toml_text
from codingagentbench.errors import CatalogError
from codingagentbench.importers.harbor_config import HarborTask, refused_keys
from codingagentbench.importers.harbor_export import export_harbor
from importers import samples

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
LOCK = Path(__file__).with_name("harbor.txt")
ASKED = """
import json, sys, warnings
warnings.simplefilter("ignore")
from harbor.models.task.config import TaskConfig
from harbor.models.task.task import Task
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        Task(asked["folder"]) if "folder" in asked else TaskConfig.model_validate_toml(asked["toml"])
        print(json.dumps(None), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
"""


class Oracle:
    """Harbor in a process of its own."""

    def __init__(self, python: Path) -> None:
        self.process = subprocess.Popen(
            [python, "-c", ASKED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
        )
        assert self._line() == "ready\n"

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def refuses(self, **asked: str) -> str | None:
        """Its reason; None where it accepts."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer: str | None = json.loads(self._line())
        return answer

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def python_312() -> Path | None:
    """A Python that the package runs on."""
    named = [shutil.which(f"python3.{minor}") for minor in (12, 13, 14)]
    pyenv = sorted(Path("~/.pyenv/versions").expanduser().glob("3.1[234]*/bin/python"))
    for found in [*(Path(n) for n in named if n), *pyenv]:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            code = "import sys; sys.exit(sys.version_info < (3, 12))"
            subprocess.run([found, "-I", "-c", code], check=True, capture_output=True)
            return found
    return None


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    base = python_312()
    if base is None:
        pytest.skip("Harbor's package needs Python 3.12 or newer, which is not here")
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    venv = Path(os.environ.get("CAB_TEST_VENVS") or "~/.cache/codingagentbench/test-venvs").expanduser() / digest
    if not (venv / "whole").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", base, venv], check=True)
        target = ["--python", str(venv / "bin/python")]
        done = subprocess.run([uv, "pip", "install", "-q", *target, "--require-hashes", "-r", LOCK], check=False)
        if done.returncode != 0:
            pytest.skip("Harbor's package cannot be installed here")
        (venv / "whole").touch()
    held = Oracle(venv / "bin/python")
    yield held
    held.close()


def ours(folder: Path, text: str) -> str | None:
    """Our reason against a task.toml; None where it would be loaded."""
    file = folder / "task.toml"
    file.write_text(text, encoding="utf-8")
    try:
        faults = [what for _, what in refused_keys(read_entry(file, HarborTask))]
    except CatalogError as error:
        return str(error)
    return "; ".join(faults) or None


def sometimes(**values: list[object]) -> st.SearchStrategy[dict[str, object]]:
    """Any of the keys, each with one of its values."""
    return st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in values.items()})


ENV: list[object] = [{}, {"A": "b"}, {"A": "${B}"}, {"A": 1}, {"A B": "c"}]
NETWORK: list[object] = ["no-network", "public", "allowlist", "none", 1]
HOSTS: list[object] = [[], ["example.invalid"], ["http://x"], "x"]
SECONDS: list[object] = [1, 60.5, 0, -1, "60", 1e9]
PHASE = {"timeout_sec": SECONDS, "user": ["root", 0, 1000, "a"], "network_mode": NETWORK, "allowed_hosts": HOSTS}
ARTIFACTS: list[object] = [
    [], ["/app/a"], ["../a"], [""], [1], [{"source": "/app/a", "destination": "b"}],
    [{"source": "a", "destination": "/b"}],
    [{"source": "a", "destination": "."}], [{"source": "a", "service": "db"}], [{"destination": "b"}],
    [{"source": "a", "destination": "manifest.json"}],
]  # fmt: skip
STEPS: list[object] = [
    [], [{"name": "a"}], [{"name": "a"}, {"name": "A"}], [{"name": "a/b"}], [{"name": "con"}], [{"name": "a."}], [{}],
    [{"name": "a", "min_reward": 0.5}], [{"name": "a", "min_reward": "x"}], [{"name": "a", "artifacts": ["../b"]}],
]  # fmt: skip
SECTIONS = {
    "task": sometimes(
        name=["a/b", "a", "a/b/c", "a..b/c", ".a/b", 1],
        version=["1", "", 1],
        description=["", "x", 1],
        authors=[[], [{"name": "a"}], [{}]],
        keywords=[[], ["a"], "a"],
    ),
    "agent": sometimes(**PHASE),
    "verifier": sometimes(
        **PHASE,
        env=ENV,
        environment_mode=["shared", "separate", "both"],
        environment=[{}, {"cpus": 1}, {"os": "dos"}],
        collect=[[], [{"command": "x"}], [{}]],
    ),
    "environment": sometimes(
        network_mode=NETWORK,
        allowed_hosts=HOSTS,
        allow_internet=[True, False, "no"],
        docker_image=["python:3", 1],
        os=["linux", "Linux", "windows", "dos", 1],
        cpus=[1, 0.5, "many", float("nan"), float("inf")],
        memory_mb=[512, "512", 1.5],
        memory=["2G", "2", "G", 2, "1e3M"],
        storage=["2G", "x", ""],
        storage_mb=[1, 2048, "x"],
        gpus=[0, 1, "x"],
        gpu_types=[[], ["H100"], "H100"],
        tpu=[{"type": "v4", "topology": "2x2"}, {"type": "v4"}],
        mcp_servers=[[], [{"name": "a"}]],
        env=ENV,
        skills_dir=["/skills", 1],
        healthcheck=[{"command": "true"}, {}],
        workdir=["/app", 1],
        build_timeout_sec=SECONDS,
        new_key=[1],
    ),
    "solution": sometimes(env=ENV),
    "metadata": sometimes(difficulty=["easy"], tags=[["a"]]),
}
TOP = sometimes(
    schema_version=["1.0", "1.1", "1.2", "1.3", "1.4", 1.4],
    version=["1.0", "1.4"],
    source=["x", 1],
    multi_step_reward_strategy=["mean", "final", "best"],
    artifacts=ARTIFACTS,
    steps=STEPS,
    unknown=["x"],
)
FILES = st.builds(lambda top, rest: {**top, **rest}, TOP, st.fixed_dictionaries({}, optional=SECTIONS))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=FILES)
def test_what_harbor_refuses_is_refused_here(oracle: Oracle, tmp_path: Path, table: dict[str, object]) -> None:
    text = toml_text(table)
    reason = oracle.refuses(toml=text)
    if reason is not None:
        assert ours(tmp_path, text) is not None, f"Harbor: {reason}\n{text}"
    else:
        ours(tmp_path, text)  # loaded, or refused by name: never another error


def test_the_oracle_tells_good_from_bad(oracle: Oracle, tmp_path: Path) -> None:
    good = samples.HARBOR_TOML
    assert oracle.refuses(toml=good) is None
    assert ours(tmp_path, good) is None
    bad = good.replace("cpus = 1", 'cpus = "many"')
    assert oracle.refuses(toml=bad) is not None
    assert ours(tmp_path, bad) is not None


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
def test_every_schema_version_is_read(oracle: Oracle, tmp_path: Path, version: str) -> None:
    text = samples.HARBOR_TOML.replace('"1.3"', f'"{version}"')
    assert (oracle.refuses(toml=text), ours(tmp_path, text)) == (None, None)


def test_exported_tasks_are_tasks_of_harbors(oracle: Oracle, tmp_path: Path) -> None:
    entries = open_catalog()
    wanted = [n for n in entries.task_places if (t := entries.task(n).task).behaviour is None and not t.history]
    folders = export_harbor(entries, wanted, tmp_path)
    assert len(folders) == len(wanted)
    assert {str(f): oracle.refuses(folder=str(f)) for f in folders} == {str(f): None for f in folders}
