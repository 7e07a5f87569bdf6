"""The images that this machine's daemon has, and which of them a command runs in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.docker_api import LABEL, call, client, synchronously
from codingagentbench.sandbox.toolchains import SYSTEM, FoundToolchain, MissingToolchainError

REPOSITORY = "codingagentbench"
BASE = "base"
NAME_LABEL, RECIPE_LABEL = f"{LABEL}.image", f"{LABEL}.recipe"
TOOLCHAINS_LABEL, SBOM_LABEL = f"{LABEL}.toolchains", f"{LABEL}.sbom"
TUI_LABEL = f"{LABEL}.tui"
MADE_IN_LABEL = f"{LABEL}.made-in"
CURRENT = "latest"


@dataclass(frozen=True, slots=True)
class Shelved:
    """An image of ours."""

    name: str
    """In the catalogue: "base", "base-rust"; of a TUI's image the TUI's name."""
    image: Image
    size: int
    recipe: str
    sbom: str
    toolchains: Mapping[str, Mapping[str, str]]
    """Toolchain to its `root` and `version` in the image."""
    tui: str
    """Digest of the TUI's bundle in it; empty for a language's image."""
    current: bool
    """The build that its name means now (a TUI's is its version's); false for one that a later build replaced."""
    layers: tuple[str, ...]
    """Digests, from the bottom."""
    made_in: str
    """The id of the image that its packages were installed in; empty where the distribution's own were."""


class Shelf:
    """The daemon's images of ours, listed when first asked for."""

    def __init__(self) -> None:
        self._images: list[Shelved] | None = None

    def images(self) -> list[Shelved]:
        """Every one, by name. Raises SetupError where no daemon answers, SandboxError where it fails."""
        if self._images is None:
            self._images = sorted(synchronously(_list), key=lambda s: (s.name, not s.current, s.image.name))
        return self._images

    def image(self, toolchains: Sequence[str]) -> Image:
        """The base where it has all of `toolchains`, else the one with the least on it that does. Raises SetupError."""
        if fit := [s for s in self._usable() if set(toolchains) <= set(s.toolchains)]:
            return fit[0].image
        old = [s for s in self.images() if s.current and not s.tui and set(toolchains) <= set(s.toolchains)]
        name = _maker(toolchains) if self.images() else BASE
        what = f"has {', '.join(toolchains)}" if toolchains else "is a base"
        if old:
            name, what = old[0].name, f"{what} and stands on the base of today ({old[0].image.name} does not)"
        msg = f"no image here {what}: build one: cab images build {name}"
        raise SetupError(msg)

    def toolchain(self, entry: Toolchain) -> FoundToolchain:
        """A toolchain of an image. Raises MissingToolchainError."""
        for shelved in self._usable():
            if entry.name in shelved.toolchains:
                return _found(entry, shelved.toolchains[entry.name])
        msg = f"no image here has the toolchain {entry.name!r}: build one: cab images build {_maker([entry.name])}"
        raise MissingToolchainError(msg)

    def _usable(self) -> list[Shelved]:
        """The base and what stands on it, the one with the least on it first.

        An image that stands on yesterday's base is none of them: what needs no more than the base would run in today's,
        and the rest of one sweep in yesterday's.
        """
        languages = [s for s in self.images() if s.current and not s.tui]
        base = next((s for s in languages if s.name == BASE), None)
        if base is None:
            return []
        on_it = [s for s in languages if s.layers[: len(base.layers)] == base.layers]
        return sorted(on_it, key=lambda s: (len(s.layers), s.size, s.name))


def _maker(toolchains: Sequence[str]) -> str:
    """The catalogue's image that brings what of them the base has not; the base where it has all."""
    catalog = open_catalog()
    recipes = [catalog.image(name)[0] for name in catalog.images]
    own = {tool: recipe.name for recipe in recipes for tool in recipe.toolchains}
    return next((name for tool in toolchains if (name := own.get(tool, f"base-{tool}")) != BASE), BASE)


def _found(entry: Toolchain, known: Mapping[str, str]) -> FoundToolchain:
    root = known["root"]
    folders = dict.fromkeys(str(Path(root, p).parent) for p in entry.programs.values())
    return FoundToolchain(
        name=entry.name,
        version=known["version"],
        root=root,
        mounts=(),
        path=() if Path(root) == SYSTEM else tuple(folders),
        programs={name: f"{root}/{place}" for name, place in entry.programs.items()},
        env={k: v.replace("{root}", root) for k, v in entry.env.items()},
    )


async def _list() -> list[Shelved]:
    async with client() as docker:
        found = await call("list images", docker.images.list(filters={"label": [NAME_LABEL]}))
        inspected = [await call("inspect an image", docker.images.inspect(entry["Id"])) for entry in found]
    return [_shelved(entry, shown["RootFS"]["Layers"]) for entry, shown in zip(found, inspected, strict=True)]


def _shelved(entry: Mapping[str, Any], layers: Sequence[str]) -> Shelved:
    """One image; its name is the tag that says which build it is, not the one that moves on."""
    labels = entry["Labels"]
    named = [t for t in entry["RepoTags"] or [] if not t.startswith("<none>")]
    tags = named or [f"{REPOSITORY}/{labels[NAME_LABEL]}@{entry['Id'][:19]}"]
    tag = min(tags, key=lambda t: (t.endswith(f":{CURRENT}"), t))
    return Shelved(
        name=labels[NAME_LABEL],
        image=Image(tag, entry["Id"]),
        size=entry["Size"],
        recipe=labels.get(RECIPE_LABEL, ""),
        sbom=labels.get(SBOM_LABEL, ""),
        toolchains=json.loads(labels.get(TOOLCHAINS_LABEL, "{}")),
        tui=labels.get(TUI_LABEL, ""),
        current=any(t.endswith(f":{CURRENT}") for t in tags) or bool(named and labels.get(TUI_LABEL)),
        layers=tuple(layers),
        made_in=labels.get(MADE_IN_LABEL, ""),
    )
