"""Which commands a recorded command line runs, and whether one of them begins like a pattern.

A line is parsed as bash by tree-sitter, so that a word in a string or a here-document is no command. Lines that a
command hands to another shell (`bash -c '...'`, `eval`) are looked into, and what only starts another command (`sudo`,
`env A=b`, `timeout 5`, `xargs`) is taken off its front.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import PurePosixPath

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

Words = tuple[str, ...]
MAX_LINE_BYTES = 60_000
MAX_DEPTH = 4
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_STARTERS = {
    "sudo": "ugCpDRrThU",
    "doas": "uC",
    "env": "uCS",
    "timeout": "sk",
    "nice": "n",
    "xargs": "IndPLasE",
    "stdbuf": "oie",
    "exec": "a",
    **dict.fromkeys(("nohup", "time", "command", "setsid"), ""),
}
"""Programs that start the command which their own words end in, and which of their one-letter options take a word."""
_STRINGS = {"string", "raw_string", "ansi_c_string", "translated_string"}
_TAKES_VALUE = {
    "git": {"-C", "-c", "--git-dir", "--work-tree", "--namespace"},
    "cargo": {"--manifest-path", "-C"},
    "go": {"-C"},
    "npm": {"--prefix", "-C"},
}
"""Options before a sub-command whose value is a word of its own."""


@lru_cache(maxsize=4096)
def simple_commands(line: str) -> tuple[Words, ...]:
    """The words of every simple command of a line, quotes taken off, in their order."""
    return tuple(_commands(line, 0))


def begins_like(words: Words, pattern: str) -> bool:
    """Whether the command's first words match the pattern's, each a glob; the program goes by its name, not its path.

    An option of the pattern may stand anywhere (`-rf` also as `-f -r`); its other words are compared with the command's
    words that are no options, in order.
    """
    wanted = pattern.split(" ")
    program = PurePosixPath(words[0]).name
    if not (fnmatchcase(program, wanted[0]) or fnmatchcase(words[0], wanted[0])):
        return False
    options, operands = _split(program, words[1:])
    asked = [w for w in wanted[1:] if not w.startswith("-")]
    return all(_has_option(w, options) for w in wanted[1:] if w.startswith("-")) and (
        len(operands) >= len(asked) and all(fnmatchcase(o, w) for o, w in zip(operands, asked, strict=False))
    )


def _commands(line: str, depth: int) -> Iterator[Words]:
    text = line.encode("utf-8", "replace")[:MAX_LINE_BYTES]
    root = Parser(_bash()).parse(text).root_node
    if root.has_error:
        yield from _roughly(line, depth)
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "command":
            yield from _unwrapped(_words(node), depth)
        elif node.type == "heredoc_body" and depth < MAX_DEPTH and _fed_shell(node):
            yield from _commands((node.text or b"").decode("utf-8", "replace"), depth + 1)
        stack.extend(reversed(node.children))


def _fed_shell(body: Node) -> bool:
    """Whether the here-document is a shell's input."""
    statement = body.parent.parent if body.parent else None
    commands = [c for c in statement.children if c.type == "command"] if statement else []
    return any(PurePosixPath(words[0]).name in _SHELLS for c in commands if (words := _words(c)))


def _roughly(line: str, depth: int) -> Iterator[Words]:
    """What does not parse is split where commands end: a forbidden command is not hidden by a broken line."""
    for part in re.split(r"[;&|\n()`]+", line):
        try:
            words = tuple(shlex.split(part))
        except ValueError:
            words = tuple(part.split())
        yield from _unwrapped(words, depth)


def _words(node: Node) -> Words:
    """`name` and `argument` children; redirections and assignments are none."""
    parts = [c for c in node.children if c.type == "command_name" or c in node.children_by_field_name("argument")]
    return tuple(_text(part) for part in parts)


def _text(node: Node) -> str:
    raw = (node.text or b"").decode("utf-8", "replace")
    inner = node.children[0] if node.type == "command_name" and len(node.children) == 1 else node
    if inner.type == "raw_string":
        return raw[1:-1]
    if inner.type in _STRINGS and raw.startswith(('"', "$'", '$"')):
        body = raw[raw.index(raw.lstrip("$")[0]) + 1 : -1]
        return re.sub(r"\\([\"\\$`])", r"\1", body)
    if inner.type == "concatenation":
        return "".join(_text(child) for child in inner.children)
    return re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)


def _unwrapped(words: Words, depth: int) -> Iterator[Words]:
    """The command, and the ones that it starts."""
    if not words or depth > MAX_DEPTH:
        return
    yield words
    program = PurePosixPath(words[0]).name
    if program in _SHELLS:
        for at, word in enumerate(words[1:-1], 1):
            if re.fullmatch(r"-[a-z]*c", word):
                yield from _commands(words[at + 1], depth + 1)
                break
    elif program == "eval":
        yield from _commands(" ".join(words[1:]), depth + 1)
    elif program in _STARTERS:
        yield from _unwrapped(_started(words[1:], _STARTERS[program]), depth + 1)


def _started(rest: Words, takes_word: str) -> Words:
    """The words of the command that is started: after options, assignments and a duration."""
    skip = False
    for at, word in enumerate(rest):
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = len(word) == len("-u") and word[1] in takes_word
        elif not re.fullmatch(r"\w+=.*|[\d.]+[smhd]?", word, re.DOTALL):
            return rest[at:]
    return ()


def _split(program: str, rest: Words) -> tuple[Sequence[str], Sequence[str]]:
    options, operands, skip = list[str](), list[str](), False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-") and word != "-":
            options.append(word)
            skip = not operands and word in _TAKES_VALUE.get(program, ())
        else:
            operands.append(word)
    return options, operands


def _has_option(wanted: str, options: Sequence[str]) -> bool:
    if any(fnmatchcase(o, wanted) or fnmatchcase(o, f"{wanted}=*") for o in options):
        return True
    letters = {c for o in options if re.fullmatch(r"-[A-Za-z]+", o) for c in o[1:]}
    return bool(re.fullmatch(r"-[A-Za-z]+", wanted)) and set(wanted[1:]) <= letters


@cache
def _bash() -> Language:
    return Language(tree_sitter_bash.language())
