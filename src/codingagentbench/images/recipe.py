"""What a recipe decides, as a hash, and which images are not what their recipes would make now."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from codingagentbench.catalog.image import ImageRecipe
from codingagentbench.catalog.load import Catalog
from codingagentbench.images.shelf import BASE, Shelved

_LAYOUT = 3
"""Part of every recipe's hash: what our own packing makes of the same packages."""


def recipe_hash(recipe: ImageRecipe, place: Path, below: Sequence[str], base: str | None) -> str:
    """What decides the layer's content; titles and toolchains are only labels.

    `below`: digests of the layers that it lies on; `base`: the id of the image that packages were installed in.
    """
    content = recipe.model_dump_json(exclude={"title", "toolchains"})
    total = hashlib.sha256(f"{_LAYOUT}\0{content}\0{base}\0".encode())
    total.update(" ".join(below).encode())
    if recipe.node:
        total.update((place.parent.parent / recipe.node).read_bytes())
    return total.hexdigest()


def outdated(catalog: Catalog, images: Sequence[Shelved]) -> dict[str, str]:
    """Images that the catalogue would make otherwise now, of those that no later build has superseded.

    Digest to what to do. A TUI's image is one that lies on another base; its bundle's version is its own.
    """
    current = {s.name: s for s in images if s.current and not s.tui and s.name in catalog.images}
    found = {}
    for shelved in sorted(current.values(), key=lambda s: len(s.layers)):
        recipe, place = catalog.image(shelved.name)
        below = current.get(recipe.on) if recipe.on else None
        layers = below.layers if below else ()
        same = shelved.recipe == recipe_hash(recipe, place, layers, shelved.made_in or None)
        if not same or shelved.layers[:-1] != layers or (below and below.image.digest in found):
            found[shelved.image.digest] = _build_anew(shelved)
    base = current.get(BASE)
    for shelved in (s for s in images if s.tui and s.current):
        if base is None or shelved.layers[:-1] != base.layers or base.image.digest in found:
            found[shelved.image.digest] = _build_anew(shelved)
    return found


def _build_anew(shelved: Shelved) -> str:
    what = "is not what the catalogue's recipe makes now"
    return f"{shelved.image.name} {what}: build it anew: cab images build {shelved.name}"
