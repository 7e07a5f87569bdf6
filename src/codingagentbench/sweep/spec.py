"""The spec of a sweep from the command line: one of the catalogue, narrowed, or one made up of options."""

import hashlib
from collections.abc import Sequence

from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import SetupError, UsageError
from codingagentbench.sandbox.engines import engine

Names = Sequence[str] | None
DEFAULT_ENGINE = "bubblewrap"


def make_spec(
    catalog: Catalog,
    name: str | None,
    *,
    tuis: Names,
    models: Names,
    tasks: Names,
    repetitions: int | None,
    stacks: Sequence[Sequence[str]] | None = None,
) -> SweepSpec:
    """The resolved spec. A made-up one is named by its content, so that the same options go on with the same sweep.

    Raises UsageError where a name is unknown, or where neither a spec nor all three options are given.
    """
    if name is None:
        return catalog.resolve(_made_up(tuis, models, tasks, repetitions, stacks))
    spec = catalog.sweep(name)
    # Names are checked against the whole catalogue first, so that a typing error is told from a narrowing to nothing.
    asked = catalog.resolve(
        spec.model_copy(
            update={
                "tuis": list(tuis or spec.tuis),
                "models": list(models or spec.models),
                "tasks": list(tasks or spec.tasks),
                "stacks": [list(stack) for stack in stacks or spec.stacks],
                "repetitions": repetitions or spec.repetitions,
            }
        )
    )
    narrowed: dict[str, object] = {
        kind: _narrowed(name, kind, getattr(asked, kind), getattr(spec, kind)) for kind in ("tuis", "models", "tasks")
    }
    shown = {stack_name(stack): stack for stack in spec.stacks}
    kept = _narrowed(name, "stacks", [stack_name(stack) for stack in asked.stacks], list(shown))
    return asked.model_copy(update={**narrowed, "stacks": [shown[stack] for stack in kept]})


def on_each_engine(spec: SweepSpec, asked: str | None) -> list[tuple[SweepSpec, str]]:
    """The sweep once for each engine that it names, or for the one that is `asked` for.

    Where a sweep names engines, all but the first have an id of their own: `calibration-docker`; so no engine's records
    supersede another's. Raises SetupError before anything runs where one of several cannot run here.
    """
    engines = [asked] if asked else spec.sandboxes or [DEFAULT_ENGINE]
    if len(engines) > 1:
        for name in engines:
            _check(spec, name)
    return [(_named_for(spec, name), name) for name in engines]


def _check(spec: SweepSpec, name: str) -> None:
    try:
        engine(name).preflight()
    except SetupError as error:
        others = " or ".join(f"--sandbox {other}" for other in spec.sandboxes if other != name)
        msg = f"sweep {spec.id!r} runs in {', '.join(spec.sandboxes)}: {error} ({others} leaves it out)"
        raise SetupError(msg) from error


def _named_for(spec: SweepSpec, name: str) -> SweepSpec:
    if name in (spec.sandboxes or [name])[:1]:
        return spec
    return spec.model_copy(update={"id": f"{spec.id}-{name}"})


def _made_up(
    tuis: Names, models: Names, tasks: Names, repetitions: int | None, stacks: Sequence[Sequence[str]] | None
) -> SweepSpec:
    missing = [option for option, names in (("--tui", tuis), ("--model", models), ("--task", tasks)) if not names]
    if missing:
        msg = f"{', '.join(missing)} missing: give a sweep by name, or --tui, --model and --task together"
        raise UsageError(msg)
    content = repr((sorted(tuis or ()), sorted(models or ()), sorted(tasks or ())))
    if stacks:
        content += repr(sorted(map(tuple, stacks)))
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return SweepSpec.model_construct(  # resolve() says of every name what is wrong with it, better than a pattern does
        id=f"adhoc-{digest}",
        tuis=list(tuis or ()),
        models=list(models or ()),
        tasks=list(tasks or ()),
        stacks=[list(stack) for stack in stacks or [[]]],
        repetitions=repetitions or 1,
    )


FACTORY = "factory"
"""The name of the empty stack."""


def stack_name(stack: Sequence[str]) -> str:
    """As it stands in a cell's id: names joined by "+"."""
    return "+".join(stack) or FACTORY


def read_stack(text: str) -> list[str]:
    """The stack of that name."""
    return [] if text == FACTORY else text.split("+")


def _narrowed(sweep: str, kind: str, asked: list[str], planned: list[str]) -> list[str]:
    kept = [name for name in planned if name in asked]
    if not kept:
        msg = f"sweep {sweep!r} has none of these {kind}: {', '.join(asked)}: it has: {', '.join(planned)}"
        raise UsageError(msg)
    return kept
