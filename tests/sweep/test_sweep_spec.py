"""A sweep that names engines is one sweep an engine, each under an id of its own."""

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import SetupError, UsageError
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.engines import ENGINES
from codingagentbench.sweep.spec import on_each_engine

BOTH = ["bubblewrap", "docker"]


def _spec(sandboxes: list[str]) -> SweepSpec:
    return SweepSpec(id="s", tuis=["direct"], models=["control/noop"], tasks=["a/b"], sandboxes=sandboxes)


def _ids(spec: SweepSpec, asked: str | None) -> list[tuple[str, str]]:
    return [(one.id, name) for one, name in on_each_engine(spec, asked)]


def test_a_sweep_that_names_no_engine_keeps_its_id_in_any() -> None:
    assert _ids(_spec([]), None) == [("s", "bubblewrap")]
    assert _ids(_spec([]), "docker") == [("s", "docker")]


def test_an_engine_asked_for_goes_on_with_that_engines_own_sweep() -> None:
    assert _ids(_spec(BOTH), "bubblewrap") == [("s", "bubblewrap")]
    assert _ids(_spec(BOTH), "docker") == [("s-docker", "docker")]


def test_every_engine_gets_a_sweep_and_none_starts_before_all_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Willing:
        def preflight(self) -> None:
            return

    class Unable:
        def preflight(self) -> None:
            msg = "no daemon answers"
            raise SetupError(msg)

    def put(name: str, made: type) -> None:
        def make(_hidden: object) -> Sandbox:
            engine: Sandbox = made()
            return engine

        monkeypatch.setitem(ENGINES, name, make)

    put("bubblewrap", Willing)
    put("docker", Willing)
    assert _ids(_spec(BOTH), None) == [("s", "bubblewrap"), ("s-docker", "docker")]
    put("docker", Unable)
    with pytest.raises(SetupError, match=r"runs in bubblewrap, docker: no daemon answers \(--sandbox bubblewrap"):
        on_each_engine(_spec(BOTH), None)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(UsageError, match="unknown sandbox engine 'dockr': did you mean docker"):
        on_each_engine(_spec(["bubblewrap", "dockr"]), None)


def test_the_calibration_has_every_verified_cli_and_every_control_of_verdicts() -> None:
    catalog = open_catalog()
    spec = catalog.resolve(catalog.sweep("calibration"))
    verified = {name for name in catalog.tuis if catalog.tui(name).tui.verified and name != "direct"}
    assert set(spec.tuis) == verified
    assert spec.sandboxes == BOTH
    small = catalog.resolve(catalog.sweep("calibration-ci"))
    assert set(small.tuis) < set(spec.tuis)
    assert small.models == spec.models
    assert set(small.tasks) < set(spec.tasks)
