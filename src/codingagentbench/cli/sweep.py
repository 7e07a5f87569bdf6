"""`cab sweep`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from codingagentbench.catalog.budget import Ceiling
from codingagentbench.catalog.load import Catalog, open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.cli.imported import warn_of_refused
from codingagentbench.cli.options import (
    CatalogOption,
    FormatOption,
    JsonOption,
    ResultsOption,
    TasksFromOption,
    sources_of,
)
from codingagentbench.cli.tables import Display, make_console, print_result
from codingagentbench.paths import bundle_store, results_root
from codingagentbench.sweep.report import cell_row
from codingagentbench.sweep.run import SweepOptions, run_sweep
from codingagentbench.sweep.spec import make_spec, on_each_engine, read_stack
from codingagentbench.wording import counted


def command(
    spec: Annotated[str | None, typer.Argument(help="A sweep of the catalogue, or the path of a TOML file.")] = None,
    tui: Annotated[list[str] | None, typer.Option(help="A CLI; repeatable. With SPEC: only these of it.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model; repeatable. With SPEC: only these of it.")] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="A task, or a glob: 'polyglot/*', '*'; repeatable. Narrows SPEC.")
    ] = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(help='A plugin stack, names joined by "+", or "factory"; repeatable. Narrows SPEC.'),
    ] = None,
    repetitions: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Runs of each cell. [default: the spec's, else 1]")
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Base URL up to /v1 of the models that are no controls; the model's file names the key's variable."
        ),
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(
            help="bubblewrap, docker (images), or none (no isolation, never citable). "
            "[default: those that the spec names, else bubblewrap]"
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Cells at a time. [default: one a core]")] = None,
    retry: Annotated[
        str | None, typer.Option(help="'infra': run cells again that have no score for no fault of the agent.")
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option(min=1, help="Model calls of the whole sweep, over all commands that run it.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens of the whole sweep.")] = None,
    max_cost_usd: Annotated[
        float | None, typer.Option(min=0.0, help="Dollars of the whole sweep; every model needs a known price.")
    ] = None,
    cell_max_calls: Annotated[
        int | None, typer.Option(min=1, help="Model calls of each cell. [default: the spec's, else 4 x max_turns]")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="What the sandbox must be able to enforce, else nothing runs: memory, seccomp, ... Repeatable. "
            "[default: the spec's]"
        ),
    ] = None,
    results: ResultsOption = None,
    catalog: CatalogOption = None,
    tasks_from: TasksFromOption = None,
    format_: FormatOption = None,
    json: JsonOption = False,
) -> None:
    """Run the missing cells of a sweep and show what came of them.

    Sealed cells are never run again; the same command goes on where a killed one stopped.

    Budgets: a call reserves a token for every 2 bytes of its request and its stated output limit (else the model's,
    else 8192) before it is sent; what it really used replaces that when it ends. A budget in calls is never exceeded.
    One in tokens or dollars is exceeded by no more than what the calls under way use beyond their reservations, however
    many run at a time: by nothing where replies keep to their limits and a token is two bytes or more. A cell whose own
    budget is spent is graded; cells that the sweep's budget stops, or that were not started for it, have no score, and
    the exit code is 1.
    """
    if retry not in {None, "infra"}:
        msg = f"--retry {retry!r}: accepted: infra"
        raise typer.BadParameter(msg)
    entries = open_catalog(catalog or [], sources_of(tasks_from, format_))
    warn_of_refused(entries)
    chosen = make_spec(
        entries,
        spec,
        tuis=tui,
        models=model,
        tasks=task,
        repetitions=repetitions,
        stacks=[read_stack(s) for s in stack or []] or None,
    )
    chosen = chosen.model_copy(update={"require": [*chosen.require, *(require or [])]})
    options = SweepOptions(
        results=results or results_root(),
        store=bundle_store(),
        endpoint=endpoint,
        retry_infra=retry == "infra",
        workers=workers,
        budget=Ceiling(max_calls=max_calls, max_tokens=max_tokens, max_cost_usd=max_cost_usd or None),
        cell_budget=Ceiling(max_calls=cell_max_calls),
    )
    runs = on_each_engine(chosen, sandbox)
    codes = [_run(one, entries, replace(options, sandbox=name), json=json) for one, name in runs]
    raise typer.Exit(max(codes))


def _run(spec: SweepSpec, catalog: Catalog, options: SweepOptions, *, json: bool) -> int:
    """Run the sweep in one engine and show what came of it; the exit code."""
    with Display(make_console(stderr=json)) as display:
        result = run_sweep(spec, catalog, options, display.watcher())
    if json:
        for plan, record in result.cells:
            sys.stdout.buffer.write(msgspec.json.encode(cell_row(plan, record)) + b"\n")
        return result.exit_code
    console = make_console()
    print_result(console, result, options.sandbox)
    where = Path(options.results, spec.id)
    ran = counted(result.ran, "cell")
    console.print(f"{ran} run now. Records: {where}  Cells: cab cells --sweep {spec.id}", style="dim")
    return result.exit_code
