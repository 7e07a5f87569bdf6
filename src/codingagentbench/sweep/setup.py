"""What a sweep needs before it is planned: bundles of its TUIs, toolchains of its tasks; what is missing, and why."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.bundles.bundle import Bundle, install
from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Sandbox

_INSTALLS_AT_A_TIME = 3


@dataclass(frozen=True, slots=True)
class Available:
    """What this machine can run. `missing_*`: name to the reason, shown with every cell that is skipped for it."""

    bundles: dict[str, Bundle]
    missing_tuis: dict[str, str]
    missing_tasks: dict[str, str]


def make_available(
    catalog: Catalog,
    tuis: Iterable[str],
    tasks: Iterable[str],
    *,
    engine: Sandbox,
    store: Path,
    log: Callable[[str], None],
) -> Available:
    """Install what is not installed yet, and look for the toolchains."""
    bundles: dict[str, Bundle] = {}
    missing_tuis: dict[str, str] = {}

    def provide(name: str) -> None:
        entry = catalog.tui(name)
        try:
            bundles[name] = install(entry.tui, entry.file, store=store, log=log)
        except SetupError as error:
            missing_tuis[name] = str(error)

    with ThreadPoolExecutor(_INSTALLS_AT_A_TIME) as pool:
        list(pool.map(provide, tuis))
    return Available(bundles, missing_tuis, _missing_toolchains(catalog, tasks, engine))


def _missing_toolchains(catalog: Catalog, tasks: Iterable[str], engine: Sandbox) -> dict[str, str]:
    missing = {}
    for task in tasks:
        names = catalog.task(task).task.toolchains
        try:
            for name in names:
                engine.find_toolchain(catalog.toolchain(name))
            engine.image(names)
        except SetupError as error:
            missing[task] = str(error)
    return missing
