"""Models that misbehave: one whose tool calls are broken, and one that never comes to an end."""

from codingagentbench.catalog.task import Task
from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.backends import Behaviour, ControlBackend
from codingagentbench.gateway.controls.hands import Reply, ToolCall, call_of, closing_reply, offered_hands
from codingagentbench.gateway.controls.history import Conversation
from codingagentbench.gateway.controls.work import workdir_paths

MISBEHAVING: frozenset[Behaviour] = frozenset({"malformed", "loop"})
_STEPS = ("A call that is no JSON.", "A call of what is not there.", "A call with the wrong types.")
_BROKEN = '{"command": "echo broken", "path": "bro'
_ONCE_MORE = "Let me look once more."
_NO_FILE = "there-is-no-such-file.txt"


def loop_bound(task: Task) -> int:
    """Calls after which the loop ends by itself, so that a cell ends where no budget refuses it before."""
    return 2 * task.budget.max_turns


def misbehave(backend: ControlBackend, talk: Conversation) -> Reply:
    """The reply of a control that misbehaves, through the first hand that the request offers."""
    hand = next(offered_hands(backend, talk), None)
    if hand is None:
        return closing_reply(backend, talk, done=0)
    return (_malformed if backend.behaviour == "malformed" else _loop)(backend, talk, hand)


def _malformed(backend: ControlBackend, talk: Conversation, hand: Hand) -> Reply:
    """Three broken calls, each once. Some CLIs leave a broken call out of the history: our words still stand there."""
    if hand.kind == "edit-blocks":
        block = _broken_block(backend)
        return closing_reply(backend, talk, done=0) if any(block in text for text in talk.said) else Reply(block)
    said = sum(any(words in text for text in talk.said) for words in _STEPS)
    step = max(talk.calls, said)
    if step >= len(_STEPS):
        return closing_reply(backend, talk, done=len(_STEPS))
    return Reply(_STEPS[step], _broken_calls(hand, talk)[step])


def _broken_calls(hand: Hand, talk: Conversation) -> list[ToolCall]:
    name = hand.tool or ""
    keys = [hand.command or "command"] if hand.kind == "shell" else [hand.path or "path", hand.content or "content"]
    return [
        ToolCall(name, {}, talk.tools[name], _BROKEN, broken=_BROKEN),
        ToolCall("there_is_no_such_tool", {"anything": 1}),
        ToolCall(name, {key: {"not": ["what", 1, None]} for key in keys}, talk.tools[name], _BROKEN),
    ]


def _broken_block(backend: ControlBackend) -> str:
    """An edit block without its divider and its end."""
    path = next(iter(backend.task.ground_truth_files), _NO_FILE)
    return f"{path}\n```\n<<<<<<< SEARCH\nthis line is nowhere\n```\n"


def _loop(backend: ControlBackend, talk: Conversation, hand: Hand) -> Reply:
    """The same harmless call again and again."""
    if hand.kind == "edit-blocks":
        path = next(iter(backend.task.ground_truth_files), _NO_FILE)
        lines = ["```", "<<<<<<< SEARCH", "this line is nowhere", "=======", "nor this", ">>>>>>> REPLACE", "```"]
        return Reply("\n".join([_ONCE_MORE, "", path, *lines, ""]))
    if talk.calls >= (bound := loop_bound(backend.task)):
        return closing_reply(backend, talk, done=bound)
    if hand.kind == "shell":
        given: dict[str, object] = {hand.command or "command": ["true"] if hand.listed else "true"}
        return Reply(_ONCE_MORE, call_of(hand, talk, given, "true"))
    unchanged = _unchanged(backend)
    if unchanged is None:
        return closing_reply(backend, talk, done=0)
    given = {hand.path or "path": unchanged[0], hand.content or "content": unchanged[1]}
    return Reply(_ONCE_MORE, call_of(hand, talk, given, ""))


def _unchanged(backend: ControlBackend) -> tuple[str, str] | None:
    """A file with the content that it has."""
    for path in workdir_paths(backend):
        try:
            return path, (backend.workdir / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return None
