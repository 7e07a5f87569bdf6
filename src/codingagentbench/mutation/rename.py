"""Names changed everywhere at once: code, tests, prose."""

import re
from collections.abc import Mapping

from codingagentbench.mutation.names import Files, comment_nodes, is_prose, name_leaves, words_of
from codingagentbench.mutation.new_names import new_name
from codingagentbench.mutation.trees import language_of, tree
from codingagentbench.scoring.grammars import text_of

Names = Mapping[str, str]
"""Old name to new one."""
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def new_names(seed: str, names: list[str], files: Files) -> dict[str, str]:
    """A new name for each, none of them a word of any file."""
    taken = set(words_of(files))
    chosen: dict[str, str] = {}
    for name in names:
        chosen[name] = new_name(seed, name, taken)
        taken.add(chosen[name])
    return chosen


def renamed(files: Files, names: Names) -> dict[str, bytes]:
    """Every file with its names changed; a file that is neither code nor prose stays as it is."""
    return {path: _renamed(path, content, names) for path, content in files.items()}


def renamed_prose(text: str, names: Names) -> str:
    """Text for people: names in backquotes and code blocks, and elsewhere what can be no word of English."""
    parts, at = [], 0
    for code in _CODE.finditer(text):
        parts += [_words(text[at : code.start()], _telling(names)), _words(code[0], names)]
        at = code.end()
    return "".join([*parts, _words(text[at:], _telling(names))])


def _renamed(path: str, content: bytes, names: Names) -> bytes:
    if is_prose(path):
        return renamed_prose(content.decode("utf-8", "surrogateescape"), names).encode("utf-8", "surrogateescape")
    language = language_of(path, content)
    if language is None:
        return content
    root = tree(language, content)
    edits = [(n.start_byte, n.end_byte, names[text_of(n)]) for n in name_leaves(root) if text_of(n) in names]
    edits += [(n.start_byte, n.end_byte, renamed_prose(text_of(n), names)) for n in comment_nodes(root)]
    out, at = [], 0
    for start, end, text in sorted(edits):
        out += [content[at:start], text.encode()]
        at = end
    return b"".join([*out, content[at:]])


def _words(text: str, names: Names) -> str:
    return _WORD.sub(lambda word: names.get(word[0], word[0]), text)


def _telling(names: Names) -> Names:
    """Names that are no words: with an underscore, a digit or a capital inside."""
    return {old: new for old, new in names.items() if re.search(r"[_0-9]|(?<=[a-z])[A-Z]", old.strip("_"))}
