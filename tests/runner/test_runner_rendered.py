"""What a cell starts, to the letter: commands, environment and config files of each CLI, as its entry renders them.

The files in rendered/ are what ran when the entry was last proven. After a change that is meant, write them anew with
`CAB_WRITE_RENDERED=1 pytest tests/runner/test_runner_rendered.py` and prove it again with `cab tui doctor NAME`.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.bundles.pypi import TUI_ROOT
from codingagentbench.catalog.load import open_catalog
from codingagentbench.runner.launch import render_launch
from codingagentbench.runner.prepare import Prepared, make_template

RENDERED = Path(__file__).with_name("rendered")
CLIS = sorted(name for name, entry in open_catalog().tuis.items() if entry.tui.verified)
KEY = "sk-cab-0123"
PLACES = {"tui": TUI_ROOT, "node": "/opt/cab/node/bin/node", "python": f"{TUI_ROOT}/bin/python"}


def rendered(name: str, tmp_path: Path) -> dict[str, object]:
    catalog = open_catalog()
    tui, task = catalog.tui(name).tui, catalog.task("polyglot/python-reverse-string")
    home = tmp_path / "home"
    home.mkdir()
    launch = render_launch(
        tui,
        Bundle(tui=name, version=tui.install.version, digest="", folder=tmp_path, mounts=(), placeholders=PLACES),
        replace(task, prompt="Fix 'it' in {work}.\n"),
        [],
        Prepared(tmp_path / "work", home, make_template(task, [], tmp_path / "template")),
        model="some/model",
        token=KEY,
        timeout_s=60,
    )
    files = {str(p.relative_to(home)): p.read_text() for p in sorted(home.rglob("*")) if p.is_file()}
    return {"argv": launch.argv, "env": dict(sorted(launch.env.items())), "files": files}


@pytest.mark.parametrize("name", CLIS)
def test_an_entry_renders_to_what_was_proven(name: str, tmp_path: Path) -> None:
    file, now = RENDERED / f"{name}.json", rendered(name, tmp_path)
    if os.environ.get("CAB_WRITE_RENDERED"):
        file.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n")
    assert now == json.loads(file.read_text())


@pytest.mark.parametrize("name", CLIS)
def test_config_files_of_json_are_json_and_hold_the_endpoint(name: str, tmp_path: Path) -> None:
    now = rendered(name, tmp_path)
    files = now["files"]
    assert isinstance(files, dict)
    for path, text in files.items():
        if path.endswith(".json"):
            json.loads(text)
    assert "http://127.0.0.1:31415" in json.dumps(now)
    assert KEY in json.dumps(now)
