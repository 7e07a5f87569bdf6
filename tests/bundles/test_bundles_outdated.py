"""Pins beside what the registries' own clients say: the real uv and npm, offline and with a folder of wheels."""

import shutil
from pathlib import Path

import pytest

from codingagentbench.bundles.outdated import Pin, look_up
from codingagentbench.catalog.tui import Tui

Entry = tuple[Tui, Path]


def pin_of(tui: Tui, **changes: object) -> Pin:
    (pin,) = look_up([tui.model_copy(update={"install": tui.install.model_copy(update=changes)})])
    return pin


def test_the_newest_version_is_what_uv_would_choose(pypi_tui: Entry) -> None:
    assert not pin_of(pypi_tui[0]).behind
    older = pin_of(pypi_tui[0], version="0.9")
    assert (older.newest, older.behind, older.why) == ("1.0", True, None)


def test_a_package_that_is_nowhere_is_said_in_its_row(pypi_tui: Entry) -> None:
    pin = pin_of(pypi_tui[0], package="cab-no-such-package")
    assert (pin.newest, pin.behind, pin.unanswered) == (None, False, True)
    assert pin.why is not None
    assert pin.why.startswith("pypi did not say (no network?): ")


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_without_a_network_npms_row_says_so(npm_tui: Entry) -> None:
    pin = pin_of(npm_tui[0])
    assert (pin.newest, pin.behind, pin.unanswered) == (None, False, True)
    assert "npm did not say (no network?)" in str(pin.why)


def test_what_is_in_no_registry_is_not_asked_for_and_what_is_built_in_is_new(pypi_tui: Entry) -> None:
    nowhere = pin_of(pypi_tui[0], registry="none")
    assert (nowhere.newest, nowhere.behind, nowhere.unanswered) == (None, False, False)
    assert pin_of(pypi_tui[0], registry="builtin").newest == "1.0"
