"""What a sweep needs before it is planned: bundles of its TUIs, toolchains of its tasks; what is missing, and why."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.bundles.bundle import Bundle, install, install_plugin
from codingagentbench.bundles.in_image import check_interpreter
from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.tui import Install
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Sandbox

_INSTALLS_AT_A_TIME = 3


@dataclass(frozen=True, slots=True)
class Available:
    """What this machine can run. `missing_*`: name to the reason, shown with every cell that is skipped for it."""

    bundles: dict[str, Bundle]
    missing_tuis: dict[str, str]
    missing_tasks: dict[str, str]
    plugins: dict[str, Bundle] = field(default_factory=dict)
    """Bundles of MCP servers, by plugin."""
    missing_plugins: dict[str, str] = field(default_factory=dict)


def make_available(
    catalog: Catalog,
    tuis: Iterable[str],
    tasks: Iterable[str],
    *,
    engine: Sandbox,
    store: Path,
    log: Callable[[str], None],
    plugins: Iterable[str] = (),
) -> Available:
    """Install what is not installed yet, and look for the toolchains."""
    bundles: dict[str, Bundle] = {}
    missing_tuis: dict[str, str] = {}
    servers: dict[str, Bundle] = {}
    missing_plugins: dict[str, str] = {}

    def check(bundle: Bundle, recipe: Install) -> None:
        check_interpreter(bundle, recipe, catalog.toolchain(bundle.interpreter.split()[0]), engine)

    def provide(name: str) -> None:
        entry = catalog.tui(name)
        try:
            bundle = install(entry.tui, entry.file, store=store, log=log)
            check(bundle, entry.tui.install)
            bundles[name] = bundle
        except SetupError as error:
            missing_tuis[name] = str(error)

    def provide_plugin(name: str) -> None:
        entry = catalog.plugin(name)
        try:
            bundle = install_plugin(entry, store=store, log=log)
            if entry.plugin.install is not None:
                check(bundle, entry.plugin.install)
            servers[name] = bundle
        except SetupError as error:
            missing_plugins[name] = str(error)

    wanted = [name for name in dict.fromkeys(plugins) if catalog.plugin(name).plugin.kind == "mcp"]
    with ThreadPoolExecutor(_INSTALLS_AT_A_TIME) as pool:
        list(pool.map(provide, tuis))
        list(pool.map(provide_plugin, wanted))
    return Available(bundles, missing_tuis, _missing_toolchains(catalog, tasks, engine), servers, missing_plugins)


def _missing_toolchains(catalog: Catalog, tasks: Iterable[str], engine: Sandbox) -> dict[str, str]:
    missing = {}
    old = _outdated_images(catalog) if engine.name == "docker" else {}
    for task in tasks:
        names = catalog.task(task).task.toolchains
        try:
            for name in names:
                engine.find_toolchain(catalog.toolchain(name))
            image = engine.image(names)
        except SetupError as error:
            missing[task] = str(error)
        else:
            if image is not None and image.digest in old:
                missing[task] = old[image.digest]
    return missing


def _outdated_images(catalog: Catalog) -> dict[str, str]:
    from codingagentbench.images.recipe import outdated  # noqa: PLC0415  # Docker's client takes 0.2 s to import
    from codingagentbench.images.shelf import Shelf  # noqa: PLC0415  # as above

    return outdated(catalog, Shelf().images())
