"""A sealed cell runs again when what it was made of is another now, and the reason has a name."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import SetupError
from codingagentbench.paths import bundle_store
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import Digests, PlannedCell
from codingagentbench.sweep.run import SweepOptions, SweepResult, Watcher, run_sweep
from codingagentbench.sweep.stale import changed_since

Sweep = Callable[..., tuple[SweepResult, list[str]]]


def _digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Runs one real cell, always of the same sweep; the result and what was logged."""
    results = tmp_path_factory.mktemp("results")
    spec = SweepSpec(id="stale", tuis=["direct"], models=["control/noop"], tasks=["polyglot/python-reverse-string"])

    def run(sandbox: str = "bubblewrap") -> tuple[SweepResult, list[str]]:
        lines: list[str] = []
        catalog = open_catalog()
        options = SweepOptions(results=results, store=bundle_store(), sandbox=sandbox)
        try:
            return run_sweep(catalog.resolve(spec), catalog, options, Watcher(log=lines.append)), lines
        except SetupError as error:
            pytest.skip(str(error))

    return run


@pytest.fixture(scope="module")
def record(sweep: Sweep) -> Record:
    """As of a cell in a container: the engine is another name than that of a machine without Docker."""
    result, _ = sweep()
    ((_, found),) = result.cells
    assert found is not None
    facts = msgspec.structs.replace(found.sandbox, engine="docker")
    return msgspec.structs.replace(found, sandbox=facts)


@pytest.mark.usefixtures("host_port")
def test_a_sweep_run_in_another_engine_runs_its_cells_again_and_says_why(sweep: Sweep) -> None:
    sweep()
    again, _ = sweep()
    assert again.ran == 0
    other, lines = sweep("none")
    assert other.ran == 1
    assert "1 sealed cells are of another sandbox engine: they run again as new attempts" in lines
    back, lines = sweep()
    assert back.ran == 1
    assert any("another sandbox engine" in line for line in lines)


def _cell(record: Record, **other: Any) -> PlannedCell:
    """A plan of the same cell; `other`: digests that are not the record's."""
    digests = Digests(
        task=record.task_digest,
        tui_bundle=record.receipt.tui_bundle,
        model_build=record.model_build_id,
        tui_version=record.tui_version,
        tui_entry=record.receipt.tui_entry,
        engine=record.sandbox.engine,
        image=record.receipt.image,
    )
    return PlannedCell(
        cell_id=record.cell_id,
        sweep_id=record.sweep_id,
        tui=record.tui,
        model=record.model,
        task_id=record.task_id,
        plugin_stack=(),
        repetition=1,
        timeout_s=60,
        digests=msgspec.structs.replace(digests, **other),
    )


def test_a_cell_of_the_same_inputs_is_kept(record: Record) -> None:
    assert changed_since(_cell(record), record) == ()


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("task", _digest("1"), "task"),
        ("tui_bundle", _digest("2"), "TUI bundle"),
        ("tui_version", "0.0", "TUI version"),
        ("tui_entry", _digest("3"), "way of starting the TUI"),
        ("model_build", "control/oracle@0", "model build"),
        ("image", _digest("4"), "image"),
    ],
)
def test_another_input_is_named(record: Record, field: str, value: str, word: str) -> None:
    assert changed_since(_cell(record, **{field: value}), record) == (word,)


def test_another_engine_is_one_reason_and_not_two(record: Record) -> None:
    assert changed_since(_cell(record, engine="bubblewrap", image=None), record) == ("sandbox engine",)
    assert changed_since(_cell(record, engine="another", image=_digest("5")), record) == ("sandbox engine",)


def test_an_engine_without_images_is_never_stale_for_its_image(record: Record) -> None:
    assert changed_since(_cell(record, image=None), record) == ()


def test_a_plan_of_an_older_version_does_not_know_the_engine(record: Record) -> None:
    assert changed_since(_cell(record, engine=None, image=None, tui_entry=None), record) == ()
