"""A scaffolded task, filled in, that tests can then break in one place."""

import asyncio
import shutil
from pathlib import Path

import pytest

from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.doctor.examine import Examination, Ward, examine, make_ward
from codingagentbench.doctor.scaffold import new_task
from codingagentbench.doctor.static import TO_FILL_IN
from codingagentbench.gateway.controls.work import Work
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.toolchains import MissingToolchainError, find_toolchain
from codingagentbench.store.axes import Axes
from codingagentbench.store.record import Grade

NAME = "polyglot/sample"


def scaffold(root: Path, language: str, *, filled: bool = True) -> Path:
    """The task's folder in a catalogue below `root` with our toolchains and controls."""
    for part in ("toolchains", "models"):
        shutil.copytree(own_root() / part, root / part)
    place = new_task(NAME, language, root)
    if filled:
        for file in (place / "task.toml", place / "prompt.md"):
            file.write_text(file.read_text().replace(TO_FILL_IN, "the sum is a difference"))
    return place


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def ready(root: Path) -> Catalog:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    catalog = Catalog([root])
    try:
        for name in catalog.task(NAME).task.toolchains:
            find_toolchain(catalog.toolchain(name))
    except MissingToolchainError as error:
        pytest.skip(str(error))
    return catalog


def examined(root: Path) -> Examination:
    catalog = ready(root)
    return asyncio.run(examine(catalog, catalog.task(NAME), Bubblewrap([root])))


def ward(root: Path, scratch: Path) -> Ward:
    catalog = ready(root)
    task = catalog.task(NAME)
    toolchains = [find_toolchain(catalog.toolchain(name)) for name in task.task.toolchains]
    return make_ward(catalog, task, Bubblewrap([root]), toolchains, scratch)


def graded(root: Path, scratch: Path, files: dict[str, str]) -> tuple[Axes, Grade]:
    """What comes of an agent that leaves these files."""
    trial = asyncio.run(ward(root, scratch).trial("t", Work({p: text.encode() for p, text in files.items()})))
    return trial.axes, trial.grade
