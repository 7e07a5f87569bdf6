"""How a control's work becomes what the CLI offers: a shell command, a write tool's call, or edit blocks in text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.edit_blocks import CannotExpressError, edit_block
from codingagentbench.gateway.controls.history import Conversation, ToolType
from codingagentbench.gateway.controls.shell import commands
from codingagentbench.gateway.controls.work import Work, closing_words, wanted

# aider does not apply a reply that names files it has not shown yet: it shows them and asks again with these words.
_FILES_ADDED = "I added these files to the chat"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the CLI's tools."""

    name: str
    arguments: Mapping[str, object]
    type: ToolType = "function"
    text: str = ""
    """What a tool of type "custom", which takes text instead of arguments, is given."""
    broken: str = ""
    """Sent in place of the arguments' JSON: text that is none."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One assistant turn: text, and at most one tool call."""

    text: str
    call: ToolCall | None = None


class CannotDoError(ValueError):
    """The hand cannot do this work."""


def decide(backend: ControlBackend, talk: Conversation) -> Reply:
    """The control's reply: the same for the same request."""
    work = wanted(backend)
    if not work:
        return closing_reply(backend, talk, done=0)
    faults = []
    for hand in offered_hands(backend, talk):
        try:
            return _with_hand(hand, backend, work, talk)
        except (CannotDoError, CannotExpressError) as error:
            faults.append(f"{hand.tool or hand.kind}: {error}")
    offered = ", ".join(talk.tools) or "none"
    why = "; ".join(faults) or "no tool that I know how to use"
    return Reply(f"I cannot do this here: {why} (offered: {offered}).")


def offered_hands(backend: ControlBackend, talk: Conversation) -> Iterator[Hand]:
    """The hands that this very request offers, in the catalogue's order."""
    return (h for h in backend.hands if h.kind == "edit-blocks" or (h.kind != "finish" and h.tool in talk.tools))


def closing_reply(backend: ControlBackend, talk: Conversation, *, done: int) -> Reply:
    """The last message after `done` tool calls, with the call that ends the run where the CLI wants one."""
    words = closing_words(backend)
    for hand in backend.hands:
        if hand.kind == "finish" and hand.tool in talk.tools and talk.calls == done:
            return Reply(words, call_of(hand, talk, {hand.content: words} if hand.content else {}, words))
    return Reply(words)


def _with_hand(hand: Hand, backend: ControlBackend, work: Work, talk: Conversation) -> Reply:
    closing = Reply(closing_words(backend))
    if hand.kind == "edit-blocks":
        blocks = _edit_blocks(backend, work)
        return Reply(f"{closing.text}\n\n{blocks}") if _still_to_apply(blocks, talk) else closing
    steps = _shell_steps(hand, work, talk) if hand.kind == "shell" else _write_steps(hand, work, talk)
    if talk.calls >= len(steps):
        return closing_reply(backend, talk, done=len(steps))
    return Reply(f"Step {talk.calls + 1} of {len(steps)}.", steps[talk.calls])


def _shell_steps(hand: Hand, work: Work, talk: Conversation) -> list[ToolCall]:
    given = hand.command or "command"
    return [call_of(hand, talk, {given: [line] if hand.listed else line}, line) for line in commands(work)]


def _write_steps(hand: Hand, work: Work, talk: Conversation) -> list[ToolCall]:
    if work.deletes or work.runs:
        msg = "it cannot remove files or run commands"
        raise CannotDoError(msg)
    path_key, content_key = hand.path or "path", hand.content or "content"
    arguments = [{path_key: path, content_key: _text(path, content)} for path, content in work.writes.items()]
    return [call_of(hand, talk, a, json.dumps(a)) for a in arguments]


def call_of(hand: Hand, talk: Conversation, arguments: Mapping[str, object], text: str) -> ToolCall:
    """A call of the hand's tool: arguments for a function, the text for a tool that takes text."""
    name = hand.tool or ""
    return ToolCall(name, {**hand.extra, **arguments}, talk.tools[name], text)


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"it cannot write {path}, which is no UTF-8 text"
        raise CannotDoError(msg) from error


def _edit_blocks(backend: ControlBackend, work: Work) -> str:
    if work.deletes:
        msg = "it cannot remove files"
        raise CannotDoError(msg)
    files = ((path, backend.workdir / path, content) for path, content in work.writes.items())
    blocks = [edit_block(path, place.read_bytes() if place.is_file() else None, new) for path, place, new in files]
    return "\n".join(blocks)


def _still_to_apply(blocks: str, talk: Conversation) -> bool:
    said = any(blocks.strip() in text for text in talk.said)
    return not said or talk.last_user.startswith(_FILES_ADDED)
