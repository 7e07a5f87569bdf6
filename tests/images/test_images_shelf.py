"""Which of the daemon's images a command runs in, and which of them the catalogue would make otherwise now."""

from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import SetupError
from codingagentbench.images.recipe import outdated, recipe_hash
from codingagentbench.images.request import _prune_store
from codingagentbench.images.shelf import Shelf, Shelved
from codingagentbench.sandbox.base import Image

BASE_TOOLS = ("bash", "node", "python")


def shelved(name: str, layers: str, *more: str, size: int = 300, current: bool = True, recipe: str = "") -> Shelved:
    """An image; `layers` is a letter a layer."""
    found = {tool: {"root": "/usr", "version": "1"} for tool in (*BASE_TOOLS, *more)}
    image = Image(f"codingagentbench/{name}:r{layers}", f"sha256:{layers}")
    return Shelved(name, image, size, recipe, "", found, "", current, tuple(layers), "")


def shelf(*images: Shelved) -> Shelf:
    made = Shelf()
    made._images = list(images)
    return made


def test_what_the_base_has_runs_in_the_base_however_small_another_is() -> None:
    here = shelf(shelved("base", "a"), shelved("base-sqlite", "ab", "sqlite", size=299))
    assert here.image(["python"]).name == "codingagentbench/base:ra"
    assert here.image(["python", "sqlite"]).name == "codingagentbench/base-sqlite:rab"


def test_the_image_with_the_least_on_the_base_is_taken() -> None:
    here = shelf(shelved("base", "a"), shelved("base-all", "abc", "go", size=1), shelved("base-go", "ad", "go", size=9))
    assert here.image(["go"]).name == "codingagentbench/base-go:rad"


def test_an_image_on_the_base_of_yesterday_is_not_run_in() -> None:
    here = shelf(shelved("base", "b"), shelved("base", "a", current=False), shelved("base-rust", "ar", "rust"))
    with pytest.raises(SetupError, match=r"has rust and stands on the base of today .*: cab images build base-rust"):
        here.image(["rust"])


def test_without_any_image_the_base_is_asked_for() -> None:
    with pytest.raises(SetupError, match=r"cab images build base$"):
        shelf().image(["rust"])


def test_the_image_to_build_is_the_recipe_that_has_the_toolchain_whatever_its_name() -> None:
    catalog, here = open_catalog(), shelf(shelved("base", "a"))
    with pytest.raises(SetupError, match=r"cab images build base-cpp$"):
        here.toolchain(catalog.toolchain("c"))
    with pytest.raises(SetupError, match=r"cab images build base-sqlite$"):
        here.image(["bash", "sqlite"])


def test_an_image_of_another_recipe_is_named_and_so_is_what_stands_on_it() -> None:
    catalog = open_catalog()
    (base, base_file), (rust, rust_file) = catalog.image("base"), catalog.image("base-rust")
    good = shelved("base", "a", recipe=recipe_hash(base, base_file, (), None))
    on_it = shelved("base-rust", "ar", "rust", recipe=recipe_hash(rust, rust_file, ("a",), None))
    assert outdated(catalog, [good, on_it]) == {}
    old = shelved("base", "a", recipe="0" * 64)
    assert set(outdated(catalog, [old, on_it])) == {"sha256:a", "sha256:ar"}
    assert "cab images build base-rust" in outdated(catalog, [good, shelved("base-rust", "ar", "rust")])["sha256:ar"]


def test_an_image_that_was_made_in_another_one_is_no_older_for_that() -> None:
    catalog = open_catalog()
    recipe, file = catalog.image("base")
    made_in = "sha256:" + "1" * 64
    image = shelved("base", "a", recipe=recipe_hash(recipe, file, (), made_in))
    assert set(outdated(catalog, [image])) == {"sha256:a"}
    assert outdated(catalog, [replace(image, made_in=made_in)]) == {}


def test_the_store_keeps_only_what_an_image_is_left_of(tmp_path: Path) -> None:
    recipe, bundle = "1" * 64, "sha256:" + "2" * 64
    here = shelved("base", "a", recipe=recipe)
    tui = replace(shelved("codex", "at"), tui=bundle)
    kept = [f"base-{recipe[:16]}", f"codex-{bundle[-16:]}", ".base-being-made"]
    for name in (*kept, f"base-{'3' * 16}", f"pi-{'4' * 16}"):
        (tmp_path / name).mkdir()
    for name in ("a.cdx.json", "b.cdx.json"):
        (tmp_path / name).write_text("{}")
    _prune_store(tmp_path, [here, tui])
    assert {place.name for place in tmp_path.iterdir()} == {*kept, "a.cdx.json"}
