"""Entries that cannot be run here: what they render, and that every piece of it stands in the CLI's documentation."""

import json
import re
import tomllib
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


FACTS = Path(__file__).with_name("documented")
"""A file a CLI: by page of its documentation, what that page says of each piece that our entry uses."""
KINDS = ("command", "option", "variable", "setting", "file", "tool", "argument")
DOCUMENTED = {file.stem: tomllib.loads(file.read_text()) for file in FACTS.glob("*.toml")}


def said(name: str) -> dict[str, dict[str, str]]:
    """Kind to piece to what is said of it."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for page in DOCUMENTED[name]["page"]:
        for kind in KINDS:
            found[kind] |= page.get(kind, {})
    return found


def used(name: str) -> dict[str, set[str]]:
    """Kind to the pieces that the entry relies on: in its commands, environment, files, hands and plugins."""
    tui = UNVERIFIED[name].tui
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for program, *arguments in (*tui.before, tui.argv):
        assert program == f"{{tui}}/{name}"
        line = " ".join(arguments)
        found["command"].add(next((c for c in said(name)["command"] if f"{line} ".startswith(f"{c} ")), line))
        found["option"] |= {a for a in arguments if a.startswith("-")}
    found["variable"] |= tui.env.keys() - OURS
    given = {a.removeprefix("{home}/") for command in (*tui.before, tui.argv) for a in command}
    found["file"] |= tui.config.keys() - given
    for text in tui.config.values():
        keys = re.findall(r'"([^"\s]+)":', text) or re.findall(r"^(\w+):", text, re.MULTILINE)
        found["setting"] |= set(keys) - {"cab"}
    for hand in tui.hands:
        found["tool"].add(str(hand.tool))
        found["argument"] |= {f"{hand.tool}.{a}" for a in (hand.command, hand.path, hand.content, *hand.extra) if a}
    for mechanism in tui.plugins.values():
        found["file"].add(mechanism.file)
        found["setting"] |= {*([mechanism.key] if mechanism.key else []), *mechanism.extra}
        found["option"] |= {a for a in mechanism.argv if a.startswith("-")}
        found["variable"] |= mechanism.env.keys()
    return found


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
        "/opt/cab/tui/plandex models custom --file /home/agent/custom-models.json --save",
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


@pytest.mark.parametrize("kind", KINDS)
def test_every_piece_of_an_entry_is_what_a_page_of_the_documentation_says(name: str, kind: str) -> None:
    assert used(name)[kind] - said(name)[kind].keys() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_are_of_what_the_entry_uses_and_of_nothing_else(name: str, kind: str) -> None:
    assert said(name)[kind].keys() - used(name)[kind] == set()


def test_every_fact_has_its_page_and_a_moved_pin_asks_to_read_the_pages_again(name: str) -> None:
    facts = DOCUMENTED[name]
    assert facts["version"] == UNVERIFIED[name].tui.install.version
    assert facts["repository"].count("/") == 1
    for page in facts["page"]:
        assert page.keys() - {"title", "place"} <= set(KINDS), page["title"]
        assert page["title"]
        assert not page["place"].startswith("/")
        assert all(says.strip() for kind in KINDS for says in page.get(kind, {}).values())


def test_an_entry_that_cannot_be_installed_says_so_and_why(name: str, tmp_path: Path) -> None:
    entry = UNVERIFIED[name]
    assert installed(entry.tui, entry.file, store=tmp_path) is None
    with pytest.raises(SetupError, match=f"{name} is unverified and cannot be installed: "):
        install(entry.tui, entry.file, store=tmp_path, log=print)
    assert list(tmp_path.iterdir()) == []
