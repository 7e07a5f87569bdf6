"""The public signatures of a source file, read by tree-sitter: what another file could name and how it would call it.

A signature is the declaration's text without bodies, initial values and comments, in one way of spacing, behind
the names of what it stands in. Default values of parameters belong to it. Python's `_names`, Rust's `pub(crate)`, C's
`static` and private members are not public; a JavaScript file that exports nothing gives its top-level functions,
classes and `module.exports`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from codingagentbench.scoring.grammars import LANGUAGES, parsed, text_of

_BODIES = {"block", "statement_block", "compound_statement", "constructor_body", "field_initializer_list"}
_COMMENTS = {"comment", "line_comment", "block_comment", "marginalia"}
_VALUES = {
    "variable_declarator",
    "const_item",
    "static_item",
    "init_declarator",
    "public_field_definition",
    "field_definition",
    "const_spec",
    "var_spec",
}
"""Nodes whose field `value` is an initial value, and no part of the signature unless it is a function."""
_FUNCTIONS = {"arrow_function", "function_expression", "function"}
_WRAPPERS = {"decorated_definition", "export_statement", "template_declaration", "statement", "ambient_declaration"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a declaration stands: the names around it, the node around it, and whether members are public there."""

    path: str
    within: str
    access: str = "public"


@dataclass(frozen=True, slots=True)
class _Declared:
    """A declaration: the outermost node (with decorators, `export`), the declaration itself, its place."""

    outer: Node
    inner: Node
    place: _Place


Public = Callable[[_Declared], bool]


@dataclass(frozen=True, slots=True)
class _Rules:
    items: frozenset[str]
    """Declarations that are a signature each."""
    containers: frozenset[str]
    """Declarations whose head is a signature and whose members are looked into."""
    through: frozenset[str]
    """Nodes that are only looked into."""
    public: Public


def public_signatures(suffix: str, source: str) -> frozenset[str] | None:
    """Every public signature; None where the text does not parse or is too large."""
    root = parsed(suffix, source)
    if root is None:
        return None
    language = LANGUAGES[suffix]
    found = frozenset(_signatures(root, RULES[language]))
    if language == "javascript" and not found:
        return frozenset(_signatures(root, _SCRIPT))
    return found


def _signatures(root: Node, rules: _Rules) -> Iterator[str]:
    stack = [(root, _Place("", ""))]
    while stack:
        node, place = stack.pop()
        access = place.access
        for outer in node.named_children:
            if outer.type == "access_specifier":
                access = text_of(outer)
                continue
            here = _Place(place.path, place.within, access)
            inner = _unwrapped(outer)
            if inner.type in rules.through:
                stack.append((inner.child_by_field_name("body") or inner, _below(inner, here)))
            elif inner.type in rules.containers and rules.public(_Declared(outer, inner, here)):
                members = _members(inner)
                yield here.path + _text(outer, members)
                if members is not None:
                    stack.append((members, _below(inner, here)))
            elif inner.type in rules.items and rules.public(_Declared(outer, inner, here)):
                yield here.path + _text(outer, None)


def _unwrapped(node: Node) -> Node:
    while node.type in _WRAPPERS:
        inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration")
        inner = inner or (node.named_children[-1] if node.named_children and node.type != "export_statement" else None)
        if inner is None:
            break
        node = inner
    return node


def _below(node: Node, place: _Place) -> _Place:
    name = node.child_by_field_name("name") or node.child_by_field_name("type")
    path = f"{place.path}{text_of(name)}::" if name is not None else place.path
    return _Place(path, node.type, "private" if node.type == "class_specifier" else "public")


def _members(node: Node) -> Node | None:
    body = node.child_by_field_name("body")
    if body is None and node.type == "type_spec":
        kind = node.child_by_field_name("type")
        body = next((c for c in kind.children if c.type == "field_declaration_list"), None) if kind else None
    return None if body is not None and body.type == "ordered_field_declaration_list" else body


def _text(node: Node, members: Node | None) -> str:
    """The node's source without bodies, members, initial values and comments."""
    source, start = node.text or b"", node.start_byte
    kept, at = [], 0
    for begin, end in sorted(_removed(node, members)):
        kept.append(source[at : max(at, begin - start)])
        at = max(at, end - start)
    kept.append(source[at:])
    words = " ".join(b" ".join(kept).decode("utf-8", "replace").split()).rstrip(" ;:=")
    return re.sub(r",(?=[)\]}])", "", re.sub(r" ?([^\w\s]) ?", r"\1", words))


def _removed(root: Node, members: Node | None) -> Iterator[tuple[int, int]]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node == members or node.type in _BODIES or node.type in _COMMENTS:
            yield node.start_byte, node.end_byte
            continue
        gone = _value(node)
        if gone is not None:
            yield gone.start_byte, gone.end_byte
        stack.extend(child for child in node.children if child != gone)


def _value(node: Node) -> Node | None:
    if node.type == "arrow_function":
        return node.child_by_field_name("body")
    value = node.child_by_field_name("value") if node.type in _VALUES else None
    return None if value is not None and value.type in _FUNCTIONS else value


def _name(node: Node) -> str:
    name = node.child_by_field_name("name")
    return text_of(name) if name is not None else ""


def _child_text(node: Node, kind: str) -> str:
    return " ".join(text_of(child) for child in node.children if child.type == kind)


def _python(it: _Declared) -> bool:
    name = _name(it.inner)
    return not name.startswith("_") or (bool(it.place.within) and name.startswith("__") and name.endswith("__"))


def _rust(it: _Declared) -> bool:
    return it.place.within == "trait_item" or _child_text(it.inner, "visibility_modifier") == "pub"


def _go(it: _Declared) -> bool:
    names = it.inner.children_by_field_name("name") or it.inner.children_by_field_name("type")  # embedded: its type
    return any(text_of(name).rpartition(".")[2].lstrip("*")[:1].isupper() for name in names)


def _typescript(it: _Declared) -> bool:
    if not it.place.within:
        return it.outer.type == "export_statement"
    return _child_text(it.inner, "accessibility_modifier") != "private" and not _name(it.inner).startswith("#")


def _script(it: _Declared) -> bool:
    if it.inner.type == "expression_statement":
        return text_of(it.inner).startswith(("module.exports", "exports."))
    return not _name(it.inner).startswith("#")


def _java(it: _Declared) -> bool:
    modifiers = _child_text(it.inner, "modifiers").split()
    in_interface = it.place.within in {"interface_declaration", "annotation_type_declaration"}
    if in_interface or it.inner.type == "enum_constant":
        return "private" not in modifiers
    return bool({"public", "protected"} & set(modifiers))


def _c(it: _Declared) -> bool:
    return it.place.access != "private" and "static" not in _child_text(it.inner, "storage_class_specifier").split()


def _bash(it: _Declared) -> bool:
    return not _name(it.inner).startswith("_")


def _rules(items: str, containers: str, through: str, public: Public) -> _Rules:
    return _Rules(frozenset(items.split()), frozenset(containers.split()), frozenset(through.split()), public)


_ECMASCRIPT = """function_declaration generator_function_declaration lexical_declaration variable_declaration
type_alias_declaration enum_declaration export_statement method_definition method_signature property_signature
public_field_definition field_definition function_signature abstract_method_signature"""
_ECMASCRIPT_CONTAINERS = "class_declaration abstract_class_declaration interface_declaration"
_TYPESCRIPT = _rules(_ECMASCRIPT, _ECMASCRIPT_CONTAINERS, "internal_module module", _typescript)
_SCRIPT = _rules(
    "function_declaration generator_function_declaration expression_statement method_definition field_definition",
    "class_declaration",
    "",
    _script,
)
_C_ITEMS = "function_definition declaration field_declaration type_definition enum_specifier alias_declaration"
_C_THROUGH = "namespace_definition linkage_specification declaration_list preproc_ifdef preproc_if preproc_else"
_CPP = _rules(_C_ITEMS, "class_specifier struct_specifier union_specifier", _C_THROUGH, _c)
RULES = {
    "python": _rules("function_definition", "class_definition", "", _python),
    "rust": _rules(
        """function_item function_signature_item enum_item union_item type_item const_item static_item field_declaration
        associated_type use_declaration macro_definition""",
        "struct_item trait_item",
        "impl_item mod_item",
        _rust,
    ),
    "go": _rules(
        "function_declaration method_declaration type_alias const_spec var_spec field_declaration method_elem",
        "type_spec",
        "type_declaration const_declaration var_declaration var_spec_list",
        _go,
    ),
    "typescript": _TYPESCRIPT,
    "tsx": _TYPESCRIPT,
    "javascript": _TYPESCRIPT,
    "java": _rules(
        """method_declaration constructor_declaration compact_constructor_declaration field_declaration
        constant_declaration enum_constant annotation_type_element_declaration""",
        "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration",
        "enum_body_declarations",
        _java,
    ),
    "c": _CPP,
    "cpp": _CPP,
    "bash": _rules("function_definition", "", "", _bash),
    "sql": _rules("create_table create_view create_function create_index create_type", "", "", lambda _: True),
}
"""By language."""
