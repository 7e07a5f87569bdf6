"""Templates to bytes: everything is escaped, and no character that hides or reorders text reaches a page."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import minijinja
import msgspec

from codingagentbench import __version__
from codingagentbench.errors import SetupError
from codingagentbench.site.text import visible
from codingagentbench.wording import UNVERIFIED

# 'wasm-unsafe-eval' is for the terminal player, whose emulator is WebAssembly; it allows no script from text.
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)


class AssetNames(msgspec.Struct, frozen=True):
    """`manifest.json` of the built assets: what each is called this time."""

    css: str
    js: str
    player: str
    player_css: str
    icon: str


def read_asset_names(assets: Path) -> AssetNames:
    """The manifest of a folder made by `build_assets`. Raises SetupError where it is none."""
    try:
        return msgspec.json.decode((assets / "manifest.json").read_bytes(), type=AssetNames)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{assets}: holds no built site assets ({error}): they are made by build_assets"
        raise SetupError(msg) from error


class Renderer:
    """The templates with what every page has in common."""

    def __init__(self, names: AssetNames) -> None:
        self._environment = minijinja.Environment(
            templates=dict(_sources()),
            auto_escape_callback=lambda _: True,  # whatever a template is called, SVG included
            undefined_behavior="strict",
            globals={"UNVERIFIED": UNVERIFIED},
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._common = {"assets": names, "csp": CSP, "version": __version__}
        whole = repr((_sources(), names, CSP, __version__, UNVERIFIED))
        self.digest = hashlib.blake2b(whole.encode(), digest_size=8).hexdigest()

    def page(self, template: str, path: str, context: Mapping[str, Any], *, root: str | None = None) -> bytes:
        """`template` for the page at `path` below the site's root, so that its links are relative."""
        way_up = "../" * path.count("/") if root is None else root
        text = self._environment.render_template(template, **self._common, root=way_up, **context)
        return visible(text).encode()


@cache
def _sources() -> tuple[tuple[str, str], ...]:
    folder = files("codingagentbench.site") / "templates"
    return tuple(sorted(_below(folder, "")))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_text(encoding="utf-8")))
    return found
