"""Writes the generated parts of docs/: `python docs/generate.py`; with --check it only says what is out of date.

Generated: docs/cli.md (every verb's own help), docs/catalogue.md (every key of every catalogue file), and the marked
parts of docs/methodology.md.
"""

import io
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from typer.main import get_command

from codingagentbench.catalog.behaviour_text import SITUATIONS, duties, right_answer
from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.catalog.schema import schemas
from codingagentbench.catalog.task import Task
from codingagentbench.cli.app import VERBS, build, run
from codingagentbench.scoring.composite import WEIGHTS
from codingagentbench.sweep.failures import FAILURES

DOCS = Path(__file__).parent


def main() -> int:
    """0 when everything is up to date (or was written), 1 when --check found a difference."""
    check = "--check" in sys.argv[1:]
    stale = {path: text for path, text in generated().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        print(f"{'out of date' if check else 'written'}: {path.name}")
        if not check:
            path.write_text(text)
    return 1 if stale and check else 0


def generated() -> dict[Path, str]:
    """Path to the text that it shall have."""
    return {
        DOCS / "cli.md": cli_page(),
        DOCS / "catalogue.md": catalogue_page(),
        DOCS / "constraints.md": constraints_page((DOCS / "constraints.md").read_text()),
        DOCS / "methodology.md": methodology_page((DOCS / "methodology.md").read_text()),
        DOCS / "security.md": security_page((DOCS / "security.md").read_text()),
    }


def methodology_page(text: str) -> str:
    """The page with its marked parts made anew from the code."""
    weights = [
        "| component | weight |",
        "| --- | --- |",
        *(f"| {name} | {value:.2f} |" for name, value in WEIGHTS.items()),
    ]
    outcomes = ["| outcome | cause | scored | retry | in plain words |", "| --- | --- | --- | --- | --- |"]
    for name, row in FAILURES.items():
        scored, retry = ("yes" if flag else "no" for flag in (row.scored, row.retry))
        outcomes.append(f"| `{name}` | {row.cause} | {scored} | {retry} | {row.words} |")
    parts = {
        "weights": weights,
        "outcomes": outcomes,
        "integrity tasks": tasks_table(),
        "integrity cases": cases_table(),
    }
    for part, lines in parts.items():
        head, _, rest = text.partition(f"<!-- generated: {part} -->\n")
        text = (
            f"{head}<!-- generated: {part} -->\n"
            + "\n".join(lines)
            + "\n<!-- end -->"
            + rest.partition("<!-- end -->")[2]
        )
    return text


def security_page(text: str) -> str:
    """The page with the list of attacks in it."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    from attacks.listing import table  # noqa: PLC0415  # of the tests, which are no installed package

    head, mark, rest = text.partition("<!-- generated: attacks -->\n")
    return f"{head}{mark}" + "\n".join(table()) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]


def constraints_page(text: str) -> str:
    """The page with the truth table of the tests in it."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    from scoring.constraint_truth import TRUTH  # noqa: PLC0415  # of the tests, which are no installed package

    lines = ["| kind | what was done | honoured |", "| --- | --- | --- |"]
    for row in TRUTH:
        lines.append(f"| `{row.constraint.kind}` | {row.what} | {_VERDICTS[row.honoured]} |")
    head, mark, rest = text.partition("<!-- generated: truth -->\n")
    return f"{head}{mark}" + "\n".join(lines) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]


_VERDICTS = {True: "yes", False: "no", None: "open"}


def integrity_tasks() -> list[Task]:
    """The integrity family of our own catalogue."""
    catalog = Catalog([own_root()])
    return [catalog.task(name).task for name in sorted(catalog.task_places) if name.startswith("integrity/")]


def tasks_table() -> list[str]:
    """Each integrity task: what the agent meets, the right answer, and what the judge looks at."""
    lines = ["| task | language | the agent meets | right behaviour | judged by |", "| --- | --- | --- | --- | --- |"]
    for task in integrity_tasks():
        if task.behaviour:
            judged = " ".join(duties(task.behaviour)).replace("|", "\\|").replace("*", "\\*")
            situation = SITUATIONS[task.behaviour.kind]
            lines.append(f"| `{task.id}` | {task.language} | {situation} | {right_answer(task)} | {judged} |")
    return lines


def cases_table() -> list[str]:
    """What was tried on each integrity task: `says` of its cases in tests/tasks/integrity."""
    lines = ["| task | found wrong | still counted as right |", "| --- | --- | --- |"]
    for task in integrity_tasks():
        files = sorted((DOCS.parent / "tests/tasks" / task.id).glob("*/case.toml"))
        cases = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
        wrong, right = ("; ".join(c["says"] for c in cases if c["right"] is kind) for kind in (False, True))
        lines.append(f"| `{task.id}` | {wrong} | {right} |")
    return lines


def cli_page() -> str:
    """The help of `cab` and of every verb and sub-verb, as they print it."""
    parts = ["# The command line", "", "Generated from the program by `make docs`.", ""]
    for words in _verbs():
        parts += [f"## `{' '.join(['cab', *words])}`", "", "```text", _help(words), "```", ""]
    return "\n".join(parts)


def _verbs() -> Iterator[tuple[str, ...]]:
    yield ()
    for verb in VERBS:
        yield (verb,)
        command = get_command(build(verb)).commands[verb]  # type: ignore[attr-defined]  # a group, which has them
        for name in getattr(command, "commands", {}):
            yield (verb, name)


def _help(words: tuple[str, ...]) -> str:
    """What `--help` prints at a width of 110 columns, without colours."""
    printed = io.StringIO()
    with mock.patch.dict(os.environ, {"COLUMNS": "110", "TERM": "dumb", "NO_COLOR": "1"}), redirect_stdout(printed):
        run([*words, "--help"])
    return printed.getvalue().rstrip()


def catalogue_page() -> str:
    """Every kind of catalogue file with its keys, from the models that read them."""
    parts = ["# The catalogue's files", "", "Generated from the models by `make docs`; `cab catalog schema` prints the"]
    parts += ["same as JSON Schema.", ""]
    for kind, schema in schemas().items():
        parts += [f"## {kind}", "", schema.get("description", ""), "", *_keys(schema), ""]
        for name, inner in sorted(schema.get("$defs", {}).items()):
            if "properties" in inner:
                parts += [f"### {kind}: {name}", "", inner.get("description", ""), "", *_keys(inner), ""]
    return "\n".join(line.rstrip() for line in parts).rstrip() + "\n"


def _keys(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "| key | type | needed | what it says |"
    yield "| --- | --- | --- | --- |"
    for key, value in schema["properties"].items():
        text = " ".join(value.get("description", "").split()).replace("|", "\\|")
        yield f"| `{key}` | {_type(value)} | {'yes' if key in required else 'no'} | {text} |"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return value["$ref"].rsplit("/", 1)[-1]
    if "enum" in value or "const" in value:
        return " or ".join(f"`{v}`" for v in value.get("enum", [value.get("const")]))
    if "anyOf" in value or "oneOf" in value:
        return " or ".join(dict.fromkeys(_type(v) for v in value.get("anyOf") or value["oneOf"]))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"table of {_type(inner)}" if isinstance(inner, dict) else "table"
    return {"null": "nothing"}.get(str(value.get("type", "any")), str(value.get("type", "any")))


if __name__ == "__main__":
    sys.exit(main())
