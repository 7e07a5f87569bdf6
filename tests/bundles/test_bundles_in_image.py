"""A CLI that starts the machine's own interpreter is not run in an image without it, and the reason is said before."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.bundles.in_image import check_interpreter
from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.catalog.tui import Install
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.sandbox.unsandboxed import Unsandboxed


class _WithImages(Unsandboxed):
    """An engine whose images have one version of an interpreter."""

    name = "docker"

    def __init__(self, version: str, root: str = "/usr") -> None:
        super().__init__()
        self._version, self._root = version, root

    def image(self, toolchains: Sequence[str]) -> Image:  # type: ignore[override]  # an engine with images, for once
        return Image("codingagentbench/base:r1", "sha256:1")

    def find_toolchain(self, entry: Toolchain) -> FoundToolchain:
        return FoundToolchain(entry.name, self._version, self._root, (), (), {}, {})


def _bundle(interpreter: str, program: str | None) -> Bundle:
    return Bundle("pi", "1", "sha256:2", Path("/nowhere"), (), {}, interpreter, program)


PYTHON = ("python", Install(registry="pypi", package="x", version="1"))
NODE = ("node", Install(registry="npm", package="x", version="1", node=">=22"))


def _check(bundle: Bundle, kind: tuple[str, Install], engine: Unsandboxed) -> None:
    name, install = kind
    check_interpreter(bundle, install, open_catalog().toolchain(name), engine)


def test_the_same_series_of_python_will_do() -> None:
    _check(_bundle("python 3.11.2", "/usr/bin/python3.11"), PYTHON, _WithImages("3.11.9"))


@pytest.mark.parametrize(("version", "root"), [("3.13.5", "/usr"), ("3.11.2", "/opt/python")])
def test_another_python_is_refused_with_both_versions_and_what_to_do(version: str, root: str) -> None:
    with pytest.raises(SetupError, match=rf"own /usr/bin/python3.11 \(3\.11\.2\).* have python {version} in {root}"):
        _check(_bundle("python 3.11.2", "/usr/bin/python3.11"), PYTHON, _WithImages(version, root))


def test_node_has_to_be_what_the_entry_asks_for() -> None:
    _check(_bundle("node 22.1.0", "/usr/bin/node"), NODE, _WithImages("v24.0.1", "/usr/lib/node"))
    with pytest.raises(SetupError, match=r"have node v20\.1\.0"):
        _check(_bundle("node 22.1.0", "/usr/bin/node"), NODE, _WithImages("v20.1.0", "/usr/lib/node"))


def test_a_bundle_that_brings_its_interpreter_runs_in_any_image() -> None:
    _check(_bundle("python 3.12.1", None), PYTHON, _WithImages("3.11.9"))


def test_an_engine_without_images_shows_the_machines_own() -> None:
    _check(_bundle("python 3.11.2", "/usr/bin/python3.11"), PYTHON, Unsandboxed())
