"""Builds images: the catalogue's own for languages, and one a TUI, from its bundle.

What was built lies in the image store: a folder a layer with `layer.tar` and `files.json` (name to identity of all
files up to it, from which the next layer's difference is taken), and `<image id>.cdx.json`, the list of packages.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiodocker import Docker as Client

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.image import ImageRecipe
from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import CatalogError, SetupError
from codingagentbench.images import shelf
from codingagentbench.images.archive import Layer, configuration, image_id, write_archive
from codingagentbench.images.layer import (
    Entries,
    difference,
    file,
    file_sha256,
    identities,
    read_folder,
    with_parents,
    write_layer,
)
from codingagentbench.images.probe import probe_toolchains
from codingagentbench.images.recipe import recipe_hash
from codingagentbench.images.rootfs import node_entries, rootfs
from codingagentbench.images.sbom import digest, sbom
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.docker_api import call, client, synchronously
from codingagentbench.sandbox.docker_config import GATE

_ENV = ("PATH=/usr/local/bin:/usr/bin:/bin",)
_LOAD_TIMEOUT_S = 900.0
Log = Callable[[str], None]


@dataclass
class Built:
    """An image, and what the next one on it needs to know."""

    image: Image
    layers: list[Layer]
    files: dict[str, str]
    """Name to identity of everything in it."""
    packages: bytes
    """Its SBOM."""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Builder:
    """Builds what is asked for and what that stands on. `base`: an image to install packages in."""

    catalog: Catalog
    store: Path
    log: Log
    base: str | None = None
    _built: dict[str, Built] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)

    def language(self, name: str) -> Built:
        """The image of a recipe, built now where its recipe's build is not there. Raises SetupError."""
        if name not in self._built:
            recipe, place = self.catalog.image(name)
            below = self.language(recipe.on) if recipe.on else None
            self._built[name] = self._language(recipe, place, below)
        return self._built[name]

    def tui(self, bundle: Bundle) -> Built:
        """`codingagentbench/<tui>:v<version>`: the bundle at its place, on the base image."""
        below = self.language(shelf.BASE)
        entries = _bundle_entries(bundle)
        layer = self.layer_of(bundle, below.files)
        layers = [*below.layers, Layer(layer.digest, layer.archive, f"cab: the bundle {bundle.digest}")]
        recipe = hashlib.sha256(f"{below.image.digest} {bundle.digest}".encode()).hexdigest()
        labels = {shelf.NAME_LABEL: bundle.tui, shelf.RECIPE_LABEL: recipe, shelf.TUI_LABEL: bundle.digest}
        labels[shelf.TOOLCHAINS_LABEL] = below.labels[shelf.TOOLCHAINS_LABEL]
        files = below.files | identities(entries)
        return self._load(bundle.image, layers, labels, files, sbom(bundle.image, entries, below.packages))

    def layer_of(self, bundle: Bundle, below: Mapping[str, str]) -> Layer:
        """The layer of a bundle, on a system with the files `below`; made anew only where the store lacks it."""
        name = f"{bundle.tui}-{bundle.digest[-16:]}"
        return self._layer(name, with_parents(_bundle_entries(bundle), below), below)

    def _language(self, recipe: ImageRecipe, place: Path, below: Built | None) -> Built:
        key = recipe_hash(recipe, place, [layer.digest for layer in below.layers] if below else [], self._base_id())
        kept = self.store / f"{recipe.name}-{key[:16]}"
        tag = f"{shelf.REPOSITORY}/{recipe.name}:r{key[:12]}"
        if not (kept / "image.json").exists():
            self.log(f"building {tag}")
            self._make(recipe, below, kept)
        made = json.loads((kept / "image.json").read_text())
        layer = Layer(made["layer"], kept / "layer.tar", f"cab: {recipe.name} r{key[:12]}")
        layers = [*(below.layers if below else []), layer]
        labels = {shelf.NAME_LABEL: recipe.name, shelf.RECIPE_LABEL: key}
        if (base := self._base_id()) is not None:
            labels[shelf.MADE_IN_LABEL] = base
        files = json.loads((kept / "files.json").read_text())
        packages = (kept / "sbom.cdx.json").read_bytes()
        bare = self._load(tag, layers, labels, files, packages)
        probed = probe_toolchains(bare.image, self._toolchains(recipe))
        labels[shelf.TOOLCHAINS_LABEL] = json.dumps(probed, sort_keys=True)
        built = self._load(tag, layers, labels, files, packages, current=True)
        synchronously(lambda: _forget(bare.image.digest))
        self.log(f"built {tag} ({built.image.digest[:19]})")
        return built

    def _make(self, recipe: ImageRecipe, below: Built | None, kept: Path) -> None:
        """Make layer, file list and SBOM in a temporary sibling of `kept` and move it there whole."""
        self.store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.store, prefix=f".{kept.name}.") as folder:
            partial = Path(folder, "made")
            partial.mkdir()
            with self._files(recipe) as entries:
                layer = write_layer(difference(below.files if below else {}, entries), partial / "layer.tar")
                (partial / "files.json").write_text(json.dumps(identities(entries)))
                (partial / "sbom.cdx.json").write_bytes(sbom(recipe.name, entries))
            (partial / "image.json").write_text(json.dumps({"layer": layer}))
            shutil.rmtree(kept, ignore_errors=True)
            partial.rename(kept)

    @contextmanager
    def _files(self, recipe: ImageRecipe) -> Iterator[Entries]:
        """Every file of the whole system that the image shows."""
        chain = self._chain(recipe)
        packages = sorted({p for r, _ in chain for p in r.packages})
        exclude = [glob for r, _ in chain for glob in r.exclude]
        suite = next(r.suite for r, _ in chain if r.suite)
        with tempfile.TemporaryDirectory() as work, rootfs(packages, suite, self.base, exclude) as system:
            entries = dict(system)
            for number, (one, file_) in enumerate(chain):
                if one.node:
                    entries |= node_entries(file_.parent.parent / one.node, Path(work, str(number)))
            shell = entries["usr/bin/dash" if "usr/bin/dash" in entries else "bin/dash"]
            assert shell.data is not None  # noqa: S101  # for mypy: a program
            gate = GATE.lstrip("/")
            entries[gate] = file(gate, shell.data, shell.info.size, 0o111)
            yield with_parents(entries)

    def _chain(self, recipe: ImageRecipe) -> list[tuple[ImageRecipe, Path]]:
        """From the one that stands on nothing to `recipe`. Raises CatalogError."""
        chain = [self.catalog.image(recipe.name)]
        while (on := chain[0][0].on) is not None:
            if any(on == r.name for r, _ in chain):
                msg = f"{chain[0][1]}: on: {on!r} stands on itself"
                raise CatalogError(msg)
            chain.insert(0, self.catalog.image(on))
        if chain[0][0].suite is None:
            msg = f"{chain[0][1]}: suite: missing: an image without `on` names the Debian release that it is made of"
            raise CatalogError(msg)
        return chain

    def _base_id(self) -> str | None:
        """The id of `base`, for its name may be another image tomorrow. Raises SandboxError."""
        if self.base is None:
            return None
        if self.base not in self._ids:
            self._ids[self.base] = synchronously(lambda: _id_of(str(self.base)))
        return self._ids[self.base]

    def _toolchains(self, recipe: ImageRecipe) -> list[Toolchain]:
        return [self.catalog.toolchain(name) for r, _ in self._chain(recipe) for name in r.toolchains]

    def _layer(self, name: str, entries: Entries, below: Mapping[str, str]) -> Layer:
        """A layer in the store; made anew only where it is not there."""
        kept = self.store / name
        if not (kept / "layer.tar").exists():
            with tempfile.TemporaryDirectory(dir=self.store, prefix=f".{name}.") as folder:
                partial = Path(folder, "made")
                partial.mkdir()
                write_layer(
                    difference({k: v for k, v in below.items() if k in entries}, entries), partial / "layer.tar"
                )
                partial.rename(kept)
        return Layer(file_sha256(kept / "layer.tar"), kept / "layer.tar", "")

    def _load(
        self,
        tag: str,
        layers: list[Layer],
        labels: dict[str, str],
        files: dict[str, str],
        packages: bytes,
        *,
        current: bool = False,
    ) -> Built:
        labels = {**labels, shelf.SBOM_LABEL: digest(packages)}
        config = configuration(layers, labels, _ENV)
        tags = [tag, *([f"{tag.rpartition(':')[0]}:{shelf.CURRENT}"] if current else [])]
        synchronously(lambda: _load(config, layers, tags))
        (self.store / f"{image_id(config).removeprefix('sha256:')}.cdx.json").write_bytes(packages)
        return Built(Image(tag, image_id(config)), layers, files, packages, labels)


def _bundle_entries(bundle: Bundle) -> Entries:
    entries: Entries = {}
    for mount in bundle.mounts:
        entries |= read_folder(mount.source, mount.target.lstrip("/"))
    return entries


async def _load(config: bytes, layers: list[Layer], tags: list[str]) -> None:
    """Give the image to the daemon. Raises SetupError where it calls it something else."""
    with tempfile.TemporaryDirectory(prefix="cab-images-") as folder:
        archive = Path(folder, "image.tar")
        async with client() as docker:
            missing = await _missing(docker, layers)
            write_archive(config, missing, tags, archive)
            with archive.open("rb") as content:  # noqa: ASYNC230  # nothing else runs in this loop
                await call("load an image", docker.images.import_image(content), _LOAD_TIMEOUT_S)
            shown = await call("inspect an image", docker.images.inspect(tags[0]))
    if shown["Id"] != image_id(config):
        msg = f"{tags[0]}: the daemon calls it {shown['Id']}, its configuration's digest is {image_id(config)}"
        raise SetupError(msg)


async def _id_of(name: str) -> str:
    async with client() as docker:
        shown = await call(f"inspect the image {name}", docker.images.inspect(name))
    return str(shown["Id"])


async def _forget(digest: str) -> None:
    """Take away the image that had no word on its toolchains yet, where it has become nameless."""
    async with client() as docker:
        shown = await call("inspect an image", docker.images.inspect(digest))
        if not shown["RepoTags"]:
            await call("remove an image", docker.images.delete(digest, force=True))


async def _missing(docker: Client, layers: list[Layer]) -> list[Layer]:
    """`layers` without the archives of those at the bottom that an image of ours in the daemon has already."""
    digests = [layer.digest for layer in layers]
    known = 0
    for entry in await call("list images", docker.images.list(filters={"label": [shelf.NAME_LABEL]})):
        shown = await call("inspect an image", docker.images.inspect(entry["Id"]))
        there = shown["RootFS"]["Layers"]
        same = next(
            (i for i, (a, b) in enumerate(zip(digests, there, strict=False)) if a != b), min(len(digests), len(there))
        )
        known = max(known, same)
    return [replace(layer, archive=None) if number < known else layer for number, layer in enumerate(layers)]
