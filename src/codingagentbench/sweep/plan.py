"""plan: every cell of a sweep with its digests, before anything runs."""

from collections.abc import Iterator, Mapping
from itertools import product

import msgspec

from codingagentbench import __version__
from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.load import Catalog, ModelEntry
from codingagentbench.catalog.plugins import plugin_digest, why_skipped
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.task import Variant
from codingagentbench.catalog.tui import launch_digest
from codingagentbench.sandbox.base import Sandbox


class Digests(msgspec.Struct, frozen=True, kw_only=True):
    """What a cell's result depends on; a sealed cell whose digests differ from the plan's is stale and runs again."""

    task: str
    tui_bundle: str
    model_build: str
    plugins: tuple[str, ...] = ()
    """Of each plugin of the stack, in its order (plugin_digest)."""
    tui_version: str | None = None
    tui_entry: str | None = None
    """What the catalogue entry runs (launch_digest); None in a plan of an older CAB."""
    engine: str | None = None
    """The sandbox engine's name; None in a plan of an older CAB."""
    image: str | None = None
    """Digest of the image that the task's toolchains are in; None where the engine has no images."""


class PlannedCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell before it runs. `skip` is the reason where it cannot run on this machine."""

    cell_id: str
    sweep_id: str
    tui: str
    model: str
    task_id: str
    plugin_stack: tuple[str, ...]
    repetition: int
    timeout_s: int
    digests: Digests | None
    skip_outcome: str | None = None
    skip: str | None = None
    tui_verified: bool = True
    """False: the CLI's catalogue entry was written after its documentation and never run by who wrote it."""
    variant: Variant | None = None
    """None in a plan of an older CAB."""
    base_task: str | None = None
    """The task that this one was made from; its own id where it is no mutant."""
    commitment: str | None = None
    """Held out only: sha256 of the seed and a nonce, written before anything runs."""


Missing = Mapping[str, str]
"""Name (a TUI's, a task's) to the reason why it cannot be had on this machine."""


def cell_id(sweep: str, tui: str, model: str, task: str, stack: tuple[str, ...], repetition: int) -> str:
    """`sweep/tui/model/task`, then `+stack` when plugged, `#2`, `#3` for repetitions after the first."""
    plugged = f"+{'+'.join(stack)}" if stack else ""
    again = f"#{repetition}" if repetition > 1 else ""
    return f"{sweep}/{tui}/{model}/{task}{plugged}{again}"


def plan_cells(
    spec: SweepSpec,
    catalog: Catalog,
    bundles: Mapping[str, Bundle],
    missing_tuis: Missing,
    missing_tasks: Missing,
    *,
    engine: Sandbox,
    plugin_bundles: Mapping[str, Bundle] | None = None,
    missing_plugins: Missing | None = None,
) -> Iterator[PlannedCell]:
    """The matrix in a fixed order: task by task, so that the cells of a task share warm caches."""
    stacks = [tuple(stack) for stack in spec.stacks]
    repetitions = range(1, spec.repetitions + 1)
    builds = {model: model_build_id(catalog.model(model)) for model in spec.models}
    stacked = _stack_digests(spec, catalog, plugin_bundles or {})
    unplugged = _unplugged(spec, catalog, missing_plugins or {})
    images = {task: _image(catalog, task, engine) for task in spec.tasks if task not in missing_tasks}
    for task, model, tui, stack, repetition in product(spec.tasks, spec.models, spec.tuis, stacks, repetitions):
        folder = catalog.task(task)
        budget = folder.task.budget.timeout_s
        skip_outcome, skip = _skip(tui, task, missing_tuis, missing_tasks)
        if skip is None and (tui, stack) in unplugged:
            skip_outcome, skip = "skipped_plugin_unavailable", unplugged[tui, stack]
        digests = None
        if tui in bundles:
            digests = Digests(
                task=folder.digest,
                tui_bundle=bundles[tui].digest,
                model_build=builds[model],
                plugins=stacked[tui, stack],
                tui_version=bundles[tui].version,
                tui_entry=launch_digest(catalog.tui(tui).tui),
                engine=engine.name,
                image=images.get(task),
            )
        yield PlannedCell(
            cell_id=cell_id(spec.id, tui, model, task, stack, repetition),
            sweep_id=spec.id,
            tui=tui,
            model=model,
            task_id=task,
            plugin_stack=stack,
            repetition=repetition,
            timeout_s=min(budget, spec.timeout_s or budget),
            digests=digests,
            skip_outcome=skip_outcome,
            skip=skip,
            tui_verified=catalog.tui(tui).tui.verified,
            variant=folder.task.variant,
            base_task=folder.task.base_task,
            commitment=folder.task.mutation.commitment if folder.task.mutation else None,
        )


def _stack_digests(
    spec: SweepSpec, catalog: Catalog, bundles: Mapping[str, Bundle]
) -> dict[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    """The digests of a stack's plugins, by TUI and stack."""

    def digest(tui: str, name: str) -> str:
        bundle = bundles.get(name)
        return plugin_digest(catalog.plugin(name), catalog.tui(tui).tui, bundle.digest if bundle else None)

    return {(t, tuple(s)): tuple(digest(t, name) for name in s) for t, s in product(spec.tuis, spec.stacks)}


def _unplugged(spec: SweepSpec, catalog: Catalog, missing: Missing) -> dict[tuple[str, tuple[str, ...]], str]:
    """TUI and stack to the reason why they cannot run: the TUI would take a plugin that cannot be had here."""
    return {
        (tui, tuple(stack)): missing[name]
        for tui, stack in product(spec.tuis, spec.stacks)
        for name in stack
        if name in missing and why_skipped(catalog.tui(tui).tui, catalog.plugin(name).plugin) is None
    }


def model_build_id(model: ModelEntry) -> str:
    """What pins the model: the build that the catalogue states; a control is pinned by the harness's own version."""
    if model.control is not None:
        return f"{model.id}@{__version__}"
    return (model.model.build if model.model else None) or model.id


def _image(catalog: Catalog, task: str, engine: Sandbox) -> str | None:
    image = engine.image(catalog.task(task).task.toolchains)
    return image.digest if image else None


def _skip(tui: str, task: str, missing_tuis: Missing, missing_tasks: Missing) -> tuple[str | None, str | None]:
    if tui in missing_tuis:
        return "skipped_tui_unavailable", missing_tuis[tui]
    if task in missing_tasks:
        return "skipped_toolchain_missing", missing_tasks[task]
    return None, None
