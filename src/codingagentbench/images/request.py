"""What `cab images` asks for: building by name, and the list of what is there."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.bundles.bundle import install
from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import SandboxError, unknown_name
from codingagentbench.images.build import Builder
from codingagentbench.images.recipe import outdated
from codingagentbench.images.sbom import digest
from codingagentbench.images.shelf import Shelf, Shelved
from codingagentbench.removal import remove_tree
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.docker_api import call, client, synchronously


@dataclass(frozen=True, slots=True)
class Row:
    """An image as `cab images list` shows it."""

    name: str
    digest: str
    size: int
    """Bytes, with all of its layers."""
    recipe: str
    toolchains: dict[str, str]
    """Toolchain to version."""
    tui_bundle: str | None
    sbom: str | None
    """The CycloneDX file, where it is on this machine and its digest is the label's."""
    packages: int | None
    """How many the SBOM lists."""
    state: str
    """"current"; "superseded" by a later build; "outdated": its recipe, or what it stands on, is another one now."""


def build_all(
    catalog: Catalog,
    names: Sequence[str],
    base: str | None,
    store: Path,
    bundles: Path,
    log: Callable[[str], None],
) -> Iterator[Image]:
    """Build images of languages and of TUIs, by name. Raises UsageError where one is unknown, SetupError."""
    known = {*catalog.images, *catalog.tuis}
    for name in names:
        if name not in known:
            raise unknown_name("image or CLI", name, known)
    builder = Builder(catalog, store, log, base)
    for name in names:
        if name in catalog.images:
            yield builder.language(name).image
        else:
            entry = catalog.tui(name)
            yield builder.tui(install(entry.tui, entry.file, store=bundles, log=log)).image


def rows(catalog: Catalog, store: Path) -> list[Row]:
    """What the daemon has. Raises SetupError where none answers."""
    images = Shelf().images()
    old = outdated(catalog, images)
    return [
        Row(
            name=s.image.name,
            digest=s.image.digest,
            size=s.size,
            recipe=s.recipe,
            toolchains={name: known["version"] for name, known in sorted(s.toolchains.items())},
            tui_bundle=s.tui or None,
            sbom=str(file) if (file := _sbom(store, s.image.digest, s.sbom)) else None,
            packages=len(json.loads(file.read_bytes())["components"]) if file else None,
            state="outdated" if s.image.digest in old else "current" if s.current else "superseded",
        )
        for s in images
    ]


def prune(store: Path, *, dry_run: bool) -> list[Image]:
    """Remove the images that a later build has superseded; those in use stay. Raises SetupError.

    What the image store keeps of builds that no image is left of goes too.
    """
    old = [s.image for s in Shelf().images() if not s.current]
    if dry_run:
        return old
    removed = synchronously(lambda: _remove(old))
    _prune_store(store, Shelf().images())
    return removed


def _prune_store(store: Path, left: Sequence[Shelved]) -> None:
    kept = {f"{s.name}-{s.tui[-16:] if s.tui else s.recipe[:16]}" for s in left}
    kept |= {f"{s.image.digest.removeprefix('sha256:')}.cdx.json" for s in left}
    for place in store.iterdir() if store.is_dir() else ():
        if place.name in kept or place.name.startswith("."):
            continue
        if place.is_dir():
            remove_tree(place)
        elif place.name.endswith(".cdx.json"):
            place.unlink()


async def _remove(images: Sequence[Image]) -> list[Image]:
    removed = []
    async with client() as docker:
        for image in images:
            try:
                await call("remove an image", docker.images.delete(image.digest, force=False))
            except SandboxError:  # a container uses it, or another image stands on it
                continue
            removed.append(image)
    return removed


def _sbom(store: Path, image: str, label: str) -> Path | None:
    file = store / f"{image.removeprefix('sha256:')}.cdx.json"
    return file if file.is_file() and digest(file.read_bytes()) == label else None
