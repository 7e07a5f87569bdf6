"""An image: what a container of the docker engine is made of, as packages of a distribution and locked wheels."""

from typing import Annotated

from pydantic import Field

from codingagentbench.catalog.base import Entry, Name, RelativePath


class ImageRecipe(Entry):
    """`catalog/images/<name>.toml`; the image is `codingagentbench/<name>`.

    One without `on` is a whole system; one with it adds a layer to another image of the catalogue.
    """

    name: Name
    title: str = ""
    on: Name | None = None
    """The image that this one adds to."""
    suite: str | None = None
    """The Debian release, e.g. "bookworm"; only where `on` is missing."""
    packages: Annotated[list[str], Field(min_length=1)]
    """Debian packages; what they need comes with them."""
    node: RelativePath | None = None
    """The lock, relative to the catalogue's folder, of a wheel that holds Node.js: it becomes /usr/bin/node."""
    toolchains: list[Name] = []
    """Toolchains of the catalogue that it has (besides those of `on`); each is probed in it when it has been built."""
    exclude: list[str] = []
    """Globs of paths that are left out, e.g. "usr/share/doc/**"."""
