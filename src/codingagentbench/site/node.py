"""The Node.js that bundles the site's scripts: the machine's, or the wheel that CLIs from npm run on as well."""

from collections.abc import Callable
from pathlib import Path

from codingagentbench.bundles.interpreters import find_node
from codingagentbench.bundles.npm import NODE_LOCK, install_node, npm_command
from codingagentbench.catalog.load import own_root
from codingagentbench.catalog.tui import Install

_NEEDS = Install(registry="npm", package="the site's scripts", version="1", node=">=18")


def provide_node(store: Path, log: Callable[[str], None]) -> tuple[Path, Path]:
    """(node, npm) for `build_assets`. Raises SetupError where there is none and none can be installed."""
    lock = own_root() / "tuis" / "locks" / NODE_LOCK
    node = find_node(_NEEDS.node) or install_node(lock, _NEEDS, store, log)
    return node.host, Path(npm_command(node)[-1])
