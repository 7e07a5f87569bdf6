"""A TUI: everything CAB has to know to install a coding-agent CLI, run it headless and read what it says.

Placeholders in `argv`, `env` and `config` values: `{tui}` the bundle's folder in the sandbox, `{node}` and `{python}`
the interpreter's path there, `{base_url}` the gateway (http://127.0.0.1:31415/v1), `{origin}` the same without /v1,
`{key}` the cell's token, `{model}` the model id, `{prompt}` the task's prompt, `{max_turns}` and `{timeout_s}` the
task's budget.
"""

from typing import Annotated, Literal

from pydantic import Field

from codingagentbench.catalog.base import Entry, Name, RelativePath

Wire = Literal["chat", "responses", "messages", "gemini"]
"""OpenAI Chat Completions, OpenAI Responses, Anthropic Messages, Gemini generateContent."""


class Install(Entry):
    """How the bundle is made: from PyPI or npm, from a lock file with hashes."""

    registry: Literal["pypi", "npm", "builtin"]
    package: str
    version: str
    lock: RelativePath | None = None
    """Lock file (PyPI) or folder with package.json and package-lock.json (npm), beside the TOML."""
    python: str | None = None
    """PyPI: version specifier of the interpreters that can run it, e.g. ">=3.10,<3.13"."""
    node: str | None = None
    """npm: version specifier for Node.js, e.g. ">=20"."""


class Hand(Entry):
    """One thing that the CLI offers to a model for changing files; controls work through these."""

    kind: Literal["shell", "write", "edit-blocks"]
    """`shell`: a tool that runs a command line. `write`: a tool that writes a whole file. `edit-blocks`: the CLI reads
    SEARCH/REPLACE blocks from the model's text."""
    tool: str | None = None
    """The tool's name as the CLI declares it in its requests."""
    command: str | None = None
    """shell: the argument that takes the command line."""
    path: str | None = None
    """write: the argument that takes the path."""
    content: str | None = None
    """write: the argument that takes the content."""
    extra: dict[str, str | int | bool] = {}
    """Further arguments that the tool insists on."""


class TokenReport(Entry):
    """How the CLI's own token figures are read from its output; shown beside the metered ones, never instead."""

    format: Literal["regex", "jsonl", "none"]
    pattern: str | None = None
    """regex: named groups prompt_tokens and completion_tokens; "1.2k" style figures are understood."""
    when: dict[str, str] = {}
    """jsonl: only lines whose dotted paths have these values."""
    prompt_tokens: list[str] = []
    """jsonl: dotted paths; what they hold is added up."""
    completion_tokens: list[str] = []
    combine: Literal["sum", "last"] = "sum"
    """Over several matches in one run."""


class Tui(Entry):
    """`catalog/tuis/<name>.toml`."""

    name: Name
    title: str
    homepage: str
    licence: str
    wire: Wire
    install: Install
    argv: Annotated[list[str], Field(min_length=1)]
    env: dict[str, str] = {}
    config: dict[RelativePath, str] = {}
    """Files written into the private HOME before the start: path below HOME to text."""
    droppings: list[str] = []
    """Globs, relative to the work directory, of files that the CLI leaves there for itself."""
    hands: list[Hand] = []
    """In the order of preference."""
    token_report: TokenReport = TokenReport(format="none")
    byo_example: str = ""
    """Shell text for "run it yourself" with one's own endpoint: $YOUR_ENDPOINT, $YOUR_KEY, $YOUR_MODEL_ID."""
