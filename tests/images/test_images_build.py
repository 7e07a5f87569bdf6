"""Images are what their recipes say, made twice with the same result, and listed with what is in them."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import CatalogError, SetupError, UsageError
from codingagentbench.images.archive import Layer, configuration, image_id
from codingagentbench.images.build import Builder
from codingagentbench.images.layer import text
from codingagentbench.images.recipe import outdated
from codingagentbench.images.request import build_all
from codingagentbench.images.sbom import digest, sbom
from codingagentbench.images.shelf import Shelf
from codingagentbench.paths import image_store
from codingagentbench.sandbox.base import Mount
from codingagentbench.sandbox.docker_api import call, client, synchronously

TINY = "cab-test-tiny"
DPKG = b"""\
Package: git
Status: install ok installed
Version: 1:2.39.5-0+deb12u2

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def test_the_same_inputs_are_the_same_image_and_a_label_is_another() -> None:
    layers = [Layer("sha256:" + "0" * 64, None, "by a test")]
    one = configuration(layers, {"b": "2", "a": "1"})
    assert one == configuration(layers, {"a": "1", "b": "2"})
    assert image_id(one) != image_id(configuration(layers, {"a": "1", "b": "3"}))


def test_the_package_list_speaks_of_dpkg_pip_and_npm() -> None:
    entries = {
        "var/lib/dpkg/status": text("s", DPKG),
        "opt/x/lib/foo-1.2.dist-info/METADATA": text("m", b"Metadata-Version: 2.1\nName: foo\nVersion: 1.2\n\nbody"),
        "opt/x/node_modules/@a/b/package.json": text("p", b'{"name": "@a/b", "version": "3.0.0"}'),
        "opt/x/node_modules/@a/b/dist/package.json": text("q", b'{"type": "module"}'),
        "opt/x/node_modules/broken/package.json": text("r", b"{"),
    }
    document = sbom("codingagentbench/x", entries)
    assert document == sbom("codingagentbench/x", dict(reversed(entries.items())))
    assert [c["purl"] for c in json.loads(document)["components"]] == [
        "pkg:deb/debian/git@1%3A2.39.5-0%2Bdeb12u2",
        "pkg:npm/%40a/b@3.0.0",
        "pkg:pypi/foo@1.2",
    ]
    assert digest(document).startswith("sha256:")


def test_the_package_list_of_what_lies_on_an_image_names_the_images_packages_too() -> None:
    below = sbom("codingagentbench/base", {"var/lib/dpkg/status": text("s", DPKG)})
    metadata = text("m", b"Metadata-Version: 2.1\nName: foo\nVersion: 1.2\n\nbody")
    document = json.loads(sbom("codingagentbench/x", {"opt/x/lib/foo-1.2.dist-info/METADATA": metadata}, below))
    assert [c["name"] for c in document["components"]] == ["git", "foo"]


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown image or CLI 'base-rusty': did you mean base-rust"):
        list(build_all(open_catalog(), ["base-rusty"], None, tmp_path, tmp_path, print))


def test_a_recipe_that_stands_on_itself_is_named(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "odd.toml").write_text('name = "odd"\non = "odd"\npackages = ["git"]\n')
    builder = Builder(open_catalog([tmp_path]), tmp_path, print)
    with pytest.raises(CatalogError, match=r"odd\.toml: on: 'odd' stands on itself"):
        builder._chain(builder.catalog.image("odd")[0])  # before anything is made


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf()
    try:
        made.image([])
    except SetupError as error:
        pytest.skip(str(error))
    return made


@pytest.mark.xdist_group("docker")
def test_a_clis_image_is_the_same_whoever_builds_it(shelf: Shelf, tmp_path: Path) -> None:
    """From two copies of one bundle in other places, in stores of their own, on the base that is here."""
    base = next(s for s in shelf.images() if s.name == "base" and s.current)
    assert set(base.toolchains) == {"bash", "node", "python"}
    ids = []
    for number in range(2):
        content = tmp_path / str(number) / "content"
        content.mkdir(parents=True)
        (content / "agent.py").write_text("print('hello')\n")
        bundle = Bundle("cab-test-cli", "1", "sha256:" + "1" * 64, content, (Mount(content, "/opt/cab/tui"),), {})
        builder = Builder(open_catalog(), tmp_path / f"store-{number}", print)
        builder.store.mkdir()
        ids.append(builder.layer_of(bundle, {}).digest)
    assert ids[0] == ids[1]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("docker")
def test_a_clis_image_holds_the_cli_and_starts_it(shelf: Shelf, tmp_path: Path) -> None:
    """A small bundle on the base that is here, run by Docker's own client with nothing mounted."""
    content = tmp_path / "content"
    content.mkdir()
    (content / "agent.py").write_text("print('hello from the image')\n")
    bundle = Bundle(TINY, "1", "sha256:" + "2" * 64, content, (Mount(content, "/opt/cab/tui"),), {})
    store = image_store()
    if not any(store.glob("base-*/image.json")):
        pytest.skip("the base was built by another user: its layers are not in this one's store")
    try:
        built = Builder(open_catalog(), store, print).tui(bundle)
        command = ["docker", "run", "--rm", "--network", "none", built.image.digest, "python3", "/opt/cab/tui/agent.py"]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        assert said.stdout == "hello from the image\n"
        assert any(c["name"] == "python3" for c in json.loads(built.packages)["components"])
        listed = next(s for s in Shelf().images() if s.name == TINY)
        assert listed.tui == bundle.digest
        assert outdated(open_catalog(), Shelf().images()).get(listed.image.digest) is None
    finally:
        subprocess.run(["docker", "image", "rm", "-f", bundle.image], check=False, capture_output=True)


@pytest.fixture
def _no_test_image() -> Iterator[None]:
    """Nothing of the test's image stays with the daemon, however the test ends."""
    yield
    made = [s.image.digest for s in Shelf().images() if s.name == TINY]

    async def remove() -> None:
        async with client() as docker:
            for digest in made:
                await call("remove an image", docker.images.delete(digest, force=True))

    synchronously(remove)
    assert not [s for s in Shelf().images() if s.name == TINY]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("docker")
@pytest.mark.usefixtures("_no_test_image")
def test_a_whole_system_is_made_twice_with_the_same_content(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    recipe = f'name = "{TINY}"\nsuite = "bookworm"\npackages = ["dash", "python3"]\n'
    (tmp_path / "images" / "tiny.toml").write_text(recipe)
    ids = set()
    for number in range(2):
        store = tmp_path / f"store-{number}"
        built = Builder(open_catalog([tmp_path]), store, print).language(TINY)
        ids.add(built.image.digest)
        assert "usr/lib/python3.11/json/__pycache__/decoder.cpython-311.pyc" in built.files
    assert len(ids) == 1
