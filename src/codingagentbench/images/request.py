"""What `cab images` asks for: building by name, and the list of what is there."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.bundles.bundle import install
from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import unknown_name
from codingagentbench.images.build import Builder
from codingagentbench.images.sbom import digest
from codingagentbench.images.shelf import Shelf
from codingagentbench.sandbox.base import Image


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
    current: bool


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


def rows(store: Path) -> list[Row]:
    """What the daemon has. Raises SetupError where none answers."""
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
            current=s.current,
        )
        for s in Shelf().images()
    ]


def _sbom(store: Path, image: str, label: str) -> Path | None:
    file = store / f"{image.removeprefix('sha256:')}.cdx.json"
    return file if file.is_file() and digest(file.read_bytes()) == label else None
