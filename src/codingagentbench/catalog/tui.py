"""A TUI: everything CAB has to know to install a coding-agent CLI, run it headless and read what it says.

Placeholders in `argv`, `env` and `config` values: `{tui}` the bundle's folder in the sandbox, `{node}` and `{python}`
the interpreter's path there, `{base_url}` the gateway (http://127.0.0.1:31415/v1), `{origin}` the same without /v1,
`{key}` the cell's token, `{model}` the model id, `{prompt}` the task's prompt, `{max_turns}` and `{timeout_s}` the
task's budget, `{home}` and `{work}` the private HOME and the work directory.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from codingagentbench.catalog.base import Entry, Name, RelativePath, fault_between_keys

Wire = Literal["chat", "responses", "messages", "gemini"]
"""OpenAI Chat Completions, OpenAI Responses, Anthropic Messages, Gemini generateContent."""


NetworkTry = Literal["look-ups", "connections"]
"""A question to a name server; a connection to an address outside."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        msg = f"must be a regular expression: {error}"
        raise ValueError(msg) from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Install(Entry):
    """How the bundle is made: from PyPI or npm, from a lock file with hashes."""

    registry: Literal["pypi", "npm", "builtin", "none"]
    """`none`: in no registry that CAB installs from; such an entry is `verified = false`."""
    package: str
    version: str
    lock: RelativePath | None = None
    """Lock file (PyPI) or folder with package.json and package-lock.json (npm), beside the TOML."""
    python: str | None = None
    """PyPI: version specifier of the interpreters that can run it, e.g. ">=3.10,<3.13"."""
    build: list[str] = []
    """PyPI: packages of the lock that are published as source only; built at install, with what build.txt beside the
    lock pins. All others come as wheels."""
    node: str | None = None
    """npm: version specifier for Node.js, e.g. ">=20"."""
    executable: list[RelativePath] = []
    """Programs in the bundle that the package ships without the executable bit and would set it on when first used,
    which it cannot: bundles are read-only."""


class Hand(Entry):
    """One thing that the CLI offers to a model for changing files; controls work through these."""

    kind: Literal["shell", "write", "edit-blocks", "finish"]
    """`shell`: a tool that runs a command line. `write`: a tool that writes a whole file. `edit-blocks`: the CLI reads
    SEARCH/REPLACE blocks from the model's text. `finish`: a tool that has to be called at the end, where a last message
    without any call is not enough."""
    tool: str | None = None
    """The tool's name as the CLI declares it in its requests."""
    command: str | None = None
    """shell: the argument that takes the command line."""
    listed: bool = False
    """shell: that argument takes a list of command lines."""
    path: str | None = None
    """write: the argument that takes the path."""
    content: str | None = None
    """write: the argument that takes the content. finish: the argument that takes the last message, where there is
    one."""
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


class Crash(Entry):
    """How a crash of the CLI itself is told from a task that it failed: the outcome `tui_crashed`.

    A process that died of SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE or SIGSEGV crashed, whatever is said here.
    """

    exit_codes: list[Annotated[int, Field(ge=1, le=255)]] = []
    """Exit codes that only a crash has."""
    patterns: list[Pattern] = []
    """Regular expressions, held against each line of the output, and only where the exit code is not 0: output is the
    agent's, and what it prints while all goes well says nothing about the CLI."""
    last_line: list[Pattern] = []
    """As `patterns`, held against the last line only that is not empty: for what a CLI prints also when it goes on, as
    some do a stack trace."""


class Mechanism(Entry):
    """How one kind of plugin reaches the CLI. Its files lie in the private HOME, never in the work directory."""

    file: RelativePath
    """Below HOME. `skill`: the folder that holds a folder for each skill. Where `config` writes the same file, both are
    merged."""
    format: Literal["text", "json", "toml", "yaml", "folder"]
    """`text`: instructions, in Markdown. `folder`: skills, each `<name>/SKILL.md` with its front matter."""
    marks: list[str] = []
    """What of a plugin stands in the CLI's requests where it is less than the plugin's own marks; `{name}` is the
    plugin's. It does nothing in the CLI and is in no digest."""
    key: str | None = None
    """mcp: dotted path of the place in the file where the servers stand."""
    shape: Literal["command-args", "command-list", "named-list"] = "command-args"
    """mcp: `command-args`: name to {command, args, env}. `command-list`: name to {command: [program, arguments...],
    environment}. `named-list`: a list of {name, command, args, env}."""
    extra: dict[str, str | int | bool | list[str]] = {}
    """mcp: what every server's table holds besides."""
    argv: list[str] = []
    """Arguments without which the CLI does not read the file; they follow the entry's own."""
    env: dict[str, str] = {}


PluginKind = Literal["mcp", "skill", "instructions", "settings"]


class Tui(Entry):
    """`catalog/tuis/<name>.toml`."""

    name: Name
    title: str
    homepage: str
    licence: str
    wire: Wire
    verified: bool = True
    """False: written after the CLI's documentation and never run here; shown as unverified wherever it is shown."""
    unverified_reason: str | None = None
    install: Install
    before: list[Annotated[list[str], Field(min_length=1)]] = []
    """Commands run in the sandbox before `argv`, in order; one that fails ends the run with its exit code."""
    argv: Annotated[list[str], Field(min_length=1)]
    env: dict[str, str] = {}
    config: dict[RelativePath, str] = {}
    """Files written into the private HOME before the start: path below HOME to text."""
    droppings: list[str] = []
    """Globs, relative to the work directory, of files that the CLI leaves there for itself."""
    hands: list[Hand] = []
    """In the order of preference."""
    token_report: TokenReport = TokenReport(format="none")
    switches: dict[str, str] = {}
    """Settings that keep the CLI off the network and its telemetry silent, to what each turns off. A setting is written
    as it stands in the entry: an argument, an environment variable's name, or a piece of a config file's text."""
    tries: dict[NetworkTry, str] = {}
    """What the CLI tries to reach all the same, since it has no switch for it: kind to what it asks for, and when. The
    sandbox lets none of it out, and the doctor calls what is declared here no fault."""
    turn_cap: str | None = None
    """The setting that caps the turns, written as in `switches`; `{max_turns}` stands in it or behind it. None where
    the CLI has none: then only the gateway's budget ends a loop."""
    crash: Crash = Crash()
    plugins: dict[PluginKind, Mechanism] = {}
    """The mechanisms that the CLI has, by kind of plugin; a plugin of another kind is skipped."""
    volatile: dict[Name, Pattern] = {}
    """What changes in its requests from run to run (dates, ids, temporary paths): name to regular expression. A
    cassette matches on the request's JSON, its keys sorted, with every match replaced by `<name>`."""
    byo_example: str = ""
    """Shell text for "run it yourself" with one's own endpoint: $YOUR_ENDPOINT, $YOUR_KEY, $YOUR_MODEL_ID."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for place, what in self._faults():
            raise fault_between_keys(place, what)
        return self

    def _faults(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What no single key shows: the place, and what is wrong there."""
        for setting in self.switches:
            if not self._has(setting):
                yield ("switches", setting), f"stands nowhere in this entry: accepted: {_SETTING}"
        if self.turn_cap is not None and not self._has(self.turn_cap):
            yield ("turn_cap",), f"bad value {self.turn_cap!r}: accepted: {_SETTING}"
        if (self.turn_cap is not None) != any("{max_turns}" in text for text in self._texts()):
            yield ("turn_cap",), "has to name the setting that {max_turns} stands in, and only where it stands in one"
        if self.verified == bool(self.unverified_reason):
            yield ("unverified_reason",), "has to be given where verified is false, and only there"
        if self.verified and self.install.registry == "none":
            yield ("install", "registry"), "bad value 'none': accepted only with verified = false"
        for kind, mechanism in self.plugins.items():
            if mechanism.format not in _FORMATS[kind]:
                accepted = ", ".join(_FORMATS[kind])
                yield ("plugins", kind, "format"), f"bad value {mechanism.format!r}: accepted for {kind}: {accepted}"
            if (kind == "mcp") != (mechanism.key is not None):
                yield ("plugins", kind, "key"), "has to be given for mcp, and only there"

    def _has(self, setting: str) -> bool:
        arguments = [a for command in (*self.before, self.argv) for a in command]
        return setting in arguments or setting in self.env or any(setting in text for text in self.config.values())

    def _texts(self) -> list[str]:
        return [*(a for command in self.before for a in command), *self.argv, *self.env.values(), *self.config.values()]


_SETTING = "an argument of argv, the name of a variable of env, or a piece of the text of a config file"
_FORMATS: dict[PluginKind, tuple[str, ...]] = {
    "mcp": ("json", "toml", "yaml"),
    "skill": ("folder",),
    "instructions": ("text",),
    "settings": ("json", "toml", "yaml"),
}


def launch_digest(tui: Tui) -> str:
    """sha256 of what the entry runs: a cell run with other commands, variables or config files is another cell.

    What is only read afterwards (droppings, token report, crash) is not in it: stored cells are scored again with it.
    """
    runs = tui.model_dump_json(include={"before", "argv", "env", "config"})
    return f"sha256:{hashlib.sha256(runs.encode()).hexdigest()}"
