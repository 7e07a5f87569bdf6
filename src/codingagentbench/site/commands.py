"""Shell text that a reader can paste: run this cell again, or with one's own model. Every name is shell-quoted."""

from dataclasses import dataclass
from shlex import quote

from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import UsageError
from codingagentbench.store.record import Record

DEFAULT_KEY_ENV = "YOUR_KEY_VARIABLE"


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What the catalogue adds to a record; empty strings and None where it does not know the name."""

    tui_title: str = ""
    byo_example: str = ""
    key_env: str | None = None
    task_title: str = ""
    task_digest: str | None = None


def catalog_facts(catalog: Catalog | None, tui: str, model: str, task: str, problems: list[str]) -> CatalogFacts:
    """Facts for one cell. A catalogue entry that is wrong costs the page its facts and adds a line to `problems`."""
    if catalog is None:
        return CatalogFacts()
    try:
        return _facts(catalog, tui, model, task)
    except UsageError as error:
        if str(error) not in problems:
            problems.append(str(error))
        return CatalogFacts()


def _facts(catalog: Catalog, tui: str, model: str, task: str) -> CatalogFacts:
    entry, served = catalog.tuis.get(tui), catalog.models.get(model)
    folder = catalog.task(task) if task in catalog.task_places else None
    return CatalogFacts(
        tui_title=entry.tui.title if entry else "",
        byo_example=entry.tui.byo_example.strip() if entry else "",
        key_env=served.endpoint.key_env if served and served.endpoint else None,
        task_title=folder.task.title if folder else "",
        task_digest=folder.digest if folder else None,
    )


@dataclass(frozen=True, slots=True)
class RunItYourself:
    """The blocks of the section; `byo` is empty where the catalogue has no example for the TUI."""

    exact: str
    replay: str
    byo: str
    provisional: str


def run_it_yourself(record: Record, facts: CatalogFacts) -> RunItYourself:
    """Commands for one record."""
    return RunItYourself(
        exact=_exact(record, facts), replay=_replay(record), byo=_byo(record, facts), provisional=_provisional(record)
    )


def _exact(record: Record, facts: CatalogFacts) -> str:
    lines = [
        "# install the exact TUI bundle used in this run, and compare its digest",
        f"cab tui install {quote(record.tui)}",
        f"# {_comment(record.container_image)}",
        f"# expected: {_comment(record.image_digest)}",
        "",
    ]
    if record.plugin_stack:
        stack = ", ".join(record.plugin_stack)
        lines += [f"# this cell ran with the plugin stack {_comment(stack)}: name it in a sweep file", ""]
    if record.control is None:
        lines.append(f'export {facts.key_env or DEFAULT_KEY_ENV}="$YOUR_KEY"')
    return "\n".join([*lines, *_sweep(record)])


def _sweep(record: Record, *extra: str, model: str | None = None) -> list[str]:
    options = [
        f"--tui {quote(record.tui)}",
        f"--model {model or quote(record.model)}",
        *(['--endpoint "$YOUR_ENDPOINT"'] if record.control is None or model else []),
        f"--task {quote(record.task_id)}",
        *extra,
    ]
    return ["cab sweep \\", *(f"  {option} \\" for option in options[:-1]), f"  {options[-1]}"]


def _replay(record: Record) -> str:
    return "\n".join(
        [
            "# the same CLI on the replies that were recorded: no key, no network; compares grade and axes",
            f"cab replay {quote(record.cell_id)}",
            "",
            "# or with the results on one machine and the check on another",
            f"cab cassette export {quote(record.cell_id)} cell.cassette",
            "cab replay --from cell.cassette",
        ]
    )


def _byo(record: Record, facts: CatalogFacts) -> str:
    if not facts.byo_example:
        return ""
    return f"{facts.byo_example}\n\n# Published cell used model: {_comment(record.model)}"


def _provisional(record: Record) -> str:
    return "\n".join([*_sweep(record, "--sandbox none"), "# provisional score — not for citation"])


def _comment(text: str) -> str:
    """A comment must not end early and go on as a command."""
    return " ".join(text.split())
