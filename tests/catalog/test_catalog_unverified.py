"""Entries that cannot be run here: what they render, and that every piece of it stands in the CLI's documentation."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import Bundle, install, installed
from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import SetupError
from codingagentbench.runner.launch import Launch, render_launch
from codingagentbench.runner.prepare import make_template, prepare

TASK = "polyglot/python-reverse-string"
MODEL = "maker/a-model"
TOKEN = "sk-cab"  # noqa: S105  # no secret
UNVERIFIED = {name: entry for name, entry in open_catalog().tuis.items() if not entry.tui.verified}
OURS = {"CAB_KEY"}
"""Names that we choose."""


@dataclass(frozen=True)
class Documented:
    """What the named pages of a CLI's documentation say that there is."""

    commands: str
    options: str
    variables: str
    settings: str


DOCUMENTED = {
    # "CLI Commands" (goose run), "Environment Variables", "Configuration Overview" of goose 1.50.0.
    "goose": Documented(
        commands="run",
        options="--no-session --quiet --with-builtin --max-turns --text",
        variables="GOOSE_PROVIDER GOOSE_MODEL GOOSE_MODE OPENAI_HOST OPENAI_BASE_PATH OPENAI_API_KEY "
        "GOOSE_DISABLE_KEYRING GOOSE_DISABLE_SESSION_NAMING GOOSE_TELEMETRY_OFF",
        settings="GOOSE_TELEMETRY_ENABLED",
    ),
    # Crush's README and its pages "Providers" and "Custom Providers".
    "crush": Documented(
        commands="run",
        options="--quiet --model",
        variables="CRUSH_DISABLE_PROVIDER_AUTO_UPDATE CRUSH_DISABLE_METRICS DO_NOT_TRACK",
        settings="$schema options disable_provider_auto_update disable_metrics providers name type base_url api_key "
        "models id context_window default_max_tokens large small provider model",
    ),
    # "CLI Reference", "Environment Variables", "Custom Models" of Plandex 2.
    "plandex": Documented(
        commands="models custom new set-model tell",
        options="--file --full --name --apply --auto-exec --auto-load-context --skip-commit",
        variables="PLANDEX_SKIP_UPGRADE PLANDEX_API_HOST",
        settings="$schema providers name baseUrl apiKeyEnvVar models modelId publisher description "
        "defaultMaxConvoTokens maxTokens maxOutputTokens reservedOutputTokens preferredOutputFormat provider "
        "customProvider modelName modelPacks planner coder architect summarizer builder names commitMessages "
        "autoContinue",
    ),
}


@pytest.fixture(params=sorted(DOCUMENTED))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rendered(name: str, folder: Path) -> tuple[Launch, Path]:
    """The launch as a cell would have it, and its HOME. The prompt is the task's, the token TOKEN."""
    tui, task = UNVERIFIED[name].tui, open_catalog().task(TASK)
    bundle = Bundle(name, tui.install.version, "sha256:0", folder, (), {"tui": "/opt/cab/tui"})
    prepared = prepare(make_template(task, [], folder / "template"), folder / "scratch")
    launch = render_launch(tui, bundle, task, [], prepared, model=MODEL, token=TOKEN, timeout_s=60)
    return launch, prepared.home


def test_these_are_the_entries_that_nobody_could_run() -> None:
    assert UNVERIFIED.keys() == DOCUMENTED.keys()


def test_goose_is_rendered_as_documented(tmp_path: Path) -> None:
    launch, home = rendered("goose", tmp_path)
    prompt = open_catalog().task(TASK).prompt
    assert launch.argv == [
        *("/opt/cab/tui/goose", "run", "--no-session", "--quiet", "--with-builtin", "developer"),
        *("--max-turns", str(open_catalog().task(TASK).task.budget.max_turns), "--text", prompt),
    ]
    assert launch.env["GOOSE_MODEL"] == MODEL
    assert launch.env["OPENAI_HOST"] + "/" + launch.env["OPENAI_BASE_PATH"] == (
        "http://127.0.0.1:31415/v1/chat/completions"
    )
    assert launch.env["OPENAI_API_KEY"] == TOKEN
    assert (home / ".config/goose/config.yaml").read_text().strip() == "GOOSE_TELEMETRY_ENABLED: false"


def test_crush_is_rendered_as_documented(tmp_path: Path) -> None:
    launch, home = rendered("crush", tmp_path)
    prompt = open_catalog().task(TASK).prompt
    assert launch.argv == ["/opt/cab/tui/crush", "run", "--quiet", "--model", f"cab/{MODEL}", prompt]
    config = json.loads((home / ".config/crush/crush.json").read_text())
    assert config["providers"]["cab"] | {"models": []} == {
        "name": "cab",
        "type": "openai-compat",
        "base_url": "http://127.0.0.1:31415/v1",
        "api_key": "$CAB_KEY",
        "models": [],
    }
    assert [m["id"] for m in config["providers"]["cab"]["models"]] == [MODEL]
    assert {m["model"] for m in config["models"].values()} == {MODEL}
    assert launch.env["CAB_KEY"] == TOKEN


def test_plandex_is_rendered_as_documented(tmp_path: Path) -> None:
    launch, home = rendered("plandex", tmp_path)
    assert launch.argv[:2] == ["/bin/sh", "-c"]
    lines = launch.argv[2].split("\n", 4)
    assert lines[:4] == [
        "set -e",
        "/opt/cab/tui/plandex models custom --file /home/agent/custom-models.json",
        "/opt/cab/tui/plandex new --full --name cab",
        "/opt/cab/tui/plandex set-model cab",
    ]
    assert lines[4].startswith("exec /opt/cab/tui/plandex tell --apply --auto-exec --auto-load-context --skip-commit '")
    config = json.loads((home / "custom-models.json").read_text())
    assert config["providers"] == [
        {"name": "cab", "baseUrl": "http://127.0.0.1:31415/v1", "apiKeyEnvVar": "CAB_KEY"},
    ]
    assert config["models"][0]["providers"][0]["modelName"] == MODEL
    known = {model["modelId"] for model in config["models"]}
    assert {v for k, v in config["modelPacks"][0].items() if k not in {"name", "description"}} == known


def test_every_option_variable_and_setting_stands_in_the_documentation(name: str) -> None:
    tui, said = UNVERIFIED[name].tui, DOCUMENTED[name]
    for program, *arguments in (*tui.before, tui.argv):
        assert program == f"{{tui}}/{name}"
        assert {a for a in arguments if a.startswith("-")} <= set(said.options.split())
        assert arguments[0] in said.commands.split()
    assert tui.env.keys() - OURS <= set(said.variables.split())
    for text in tui.config.values():
        keys = re.findall(r'"([^"\s]+)":', text) or re.findall(r"^(\w+):", text, re.MULTILINE)
        assert set(keys) - {"cab"} <= set(said.settings.split())


def test_an_entry_that_cannot_be_installed_says_so_and_why(name: str, tmp_path: Path) -> None:
    entry = UNVERIFIED[name]
    assert installed(entry.tui, entry.file, store=tmp_path) is None
    with pytest.raises(SetupError, match=f"{name} is unverified and cannot be installed: "):
        install(entry.tui, entry.file, store=tmp_path, log=print)
    assert list(tmp_path.iterdir()) == []
