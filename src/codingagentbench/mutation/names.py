"""Which names of a task can be changed everywhere at once, and where they stand.

A name is the task's own when its source defines it and nothing else can mean it: it is no word of a path, of a string,
of a file that is no code, of task.toml, and no name of the language's own library. What is left is tried: the renamed
solution has to pass (`rename.py`).
"""

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from codingagentbench.mutation.library_names import LIBRARY_NAMES
from codingagentbench.mutation.trees import language_of, tree
from codingagentbench.scoring.grammars import nodes, text_of

Files = Mapping[str, bytes]
"""Path in the task's folder to content."""
SHORTEST = 3
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMENTS = frozenset({"comment", "line_comment", "block_comment"})
_PROSE = (".md", ".txt", ".rst")
_LEAVES = frozenset({"variable_name", "constant"})
_NO_NAMES = frozenset({"package_identifier", "namespace_identifier"})
_DEFINING = frozenset(
    {
        # functions, methods
        ("function_definition", "name"),
        ("function_item", "name"),
        ("function_signature_item", "name"),
        ("function_declaration", "name"),
        ("generator_function_declaration", "name"),
        ("method_declaration", "name"),
        ("method_definition", "name"),
        ("method_signature", "name"),
        ("function_declarator", "declarator"),
        # types
        ("class_definition", "name"),
        ("class_declaration", "name"),
        ("class_specifier", "name"),
        ("struct_specifier", "name"),
        ("struct_item", "name"),
        ("enum_item", "name"),
        ("enum_variant", "name"),
        ("trait_item", "name"),
        ("type_item", "name"),
        ("type_spec", "name"),
        ("interface_declaration", "name"),
        ("type_alias_declaration", "name"),
        ("record_declaration", "name"),
        ("enum_declaration", "name"),
        # variables, fields
        ("variable_declarator", "name"),
        ("variable_assignment", "name"),
        ("init_declarator", "declarator"),
        ("pointer_declarator", "declarator"),
        ("declaration", "declarator"),
        ("field_declaration", "declarator"),
        ("field_declaration", "name"),
        ("public_field_definition", "name"),
        ("property_signature", "name"),
        ("let_declaration", "pattern"),
        ("mut_pattern", ""),
        ("for_expression", "pattern"),
        ("assignment", "left"),
        ("named_expression", "name"),
        ("for_statement", "left"),
        ("for_in_statement", "left"),
        ("const_item", "name"),
        ("static_item", "name"),
        ("const_spec", "name"),
        ("var_spec", "name"),
        ("short_var_declaration", "left"),
        # parameters
        ("parameter", "pattern"),
        ("parameter_declaration", "name"),
        ("parameter_declaration", "declarator"),
        ("formal_parameter", "name"),
        ("resource", "name"),
        ("required_parameter", "pattern"),
        ("optional_parameter", "pattern"),
        ("default_parameter", "name"),
        ("typed_parameter", ""),
        ("parameters", ""),
        ("lambda_parameters", ""),
        ("closure_parameters", ""),
        ("formal_parameters", ""),
    }
)
"""(type of the parent, field in it; "" where it has none)."""
_THROUGH = frozenset({"expression_list", "pattern_list", "tuple_pattern", "array_pattern", "identifier_list"})


def renamable(source: Files, every: Files, fixed: str) -> list[str]:
    """Names that files of `source` define and that can be changed in `every` file; sorted.

    `fixed`: text whose words stay (task.toml).
    """
    defined: set[str] = set()
    for path, content in source.items():
        language = language_of(path, content)
        if language is not None:
            known = LIBRARY_NAMES[language]
            defined |= {n for n in _defined(language, content) if len(n) >= SHORTEST and n not in known}
    taken = set(_WORD.findall(fixed))
    for path, content in every.items():
        taken |= set(_WORD.findall(path)) | _elsewhere(path, content)
    return sorted(name for name in defined - taken if name.strip("_") and not name.startswith("__"))


def words_of(files: Files) -> frozenset[str]:
    """Every word of every file: a new name is none of them."""
    return frozenset(w for content in files.values() for w in _WORD.findall(content.decode("utf-8", "replace")))


def is_prose(path: str) -> bool:
    """Whether the file is written for people."""
    return path.endswith(_PROSE)


def name_leaves(root: Node) -> Iterator[Node]:
    """The leaves that are names."""
    for node in nodes(root):
        if node.child_count == 0 and _is_name(node):
            yield node


def comment_nodes(root: Node) -> Iterator[Node]:
    """The outermost comments."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _COMMENTS:
            yield node
        else:
            stack.extend(node.children)


def _is_name(node: Node) -> bool:
    if node.type == "word" and node.parent is not None and node.parent.type in {"command_name", "function_definition"}:
        return True
    if node.type == "word" and node.parent is not None and "expression" in node.parent.type:
        return True  # bash: a variable in ((...))
    return (node.type.endswith("identifier") or node.type in _LEAVES) and node.type not in _NO_NAMES


def _defined(language: str, content: bytes) -> Iterator[str]:
    for node in name_leaves(tree(language, content)):
        inner, parent = node, node.parent
        while parent is not None and parent.type in _THROUGH:
            inner, parent = parent, parent.parent
        if parent is not None and (parent.type, _field(parent, inner)) in _DEFINING:
            yield text_of(node)


def _field(parent: Node, child: Node) -> str:
    for index, node in enumerate(parent.children):
        if node == child:
            return parent.field_name_for_child(index) or ""
    return ""


def _elsewhere(path: str, content: bytes) -> set[str]:
    """Words of the file that stand anywhere but in names and comments; none of prose, all where there is no grammar."""
    if is_prose(path):
        return set()
    language = language_of(path, content)
    if language is None:
        return set(_WORD.findall(content.decode("utf-8", "replace")))
    root = tree(language, content)
    rest = bytearray(content)
    for node in (*name_leaves(root), *comment_nodes(root)):
        rest[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
    return set(_WORD.findall(rest.decode("utf-8", "replace")))
