"""The spec of a sweep from the command line: one of the catalogue, narrowed, or one made up of options."""

import hashlib
from collections.abc import Sequence

from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import UsageError

Names = Sequence[str] | None


def make_spec(
    catalog: Catalog, name: str | None, *, tuis: Names, models: Names, tasks: Names, repetitions: int | None
) -> SweepSpec:
    """The resolved spec. A made-up one is named by its content, so that the same options go on with the same sweep.

    Raises UsageError where a name is unknown, or where neither a spec nor all three options are given.
    """
    if name is None:
        return catalog.resolve(_made_up(tuis, models, tasks, repetitions))
    spec = catalog.sweep(name)
    # Names are checked against the whole catalogue first, so that a typing error is told from a narrowing to nothing.
    asked = catalog.resolve(
        spec.model_copy(
            update={
                "tuis": list(tuis or spec.tuis),
                "models": list(models or spec.models),
                "tasks": list(tasks or spec.tasks),
                "repetitions": repetitions or spec.repetitions,
            }
        )
    )
    return asked.model_copy(
        update={
            kind: _narrowed(name, kind, getattr(asked, kind), getattr(spec, kind))
            for kind in ("tuis", "models", "tasks")
        }
    )


def _made_up(tuis: Names, models: Names, tasks: Names, repetitions: int | None) -> SweepSpec:
    missing = [option for option, names in (("--tui", tuis), ("--model", models), ("--task", tasks)) if not names]
    if missing:
        msg = f"{', '.join(missing)} missing: give a sweep by name, or --tui, --model and --task together"
        raise UsageError(msg)
    content = repr((sorted(tuis or ()), sorted(models or ()), sorted(tasks or ())))
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return SweepSpec.model_construct(  # resolve() says of every name what is wrong with it, better than a pattern does
        id=f"adhoc-{digest}",
        tuis=list(tuis or ()),
        models=list(models or ()),
        tasks=list(tasks or ()),
        repetitions=repetitions or 1,
    )


def _narrowed(sweep: str, kind: str, asked: list[str], planned: list[str]) -> list[str]:
    kept = [name for name in planned if name in asked]
    if not kept:
        msg = f"sweep {sweep!r} has none of these {kind}: {', '.join(asked)}: it has: {', '.join(planned)}"
        raise UsageError(msg)
    return kept
