"""SQL."""

from codingagentbench.mutation.operators.common import BOUNDARY, numbers
from codingagentbench.mutation.rules import Rule, SwapNeighbours, Template, Tokens

_WRONG = Tokens({"=": ("<>",), "<>": ("=",), "!=": ("=",), "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",)})
SQL = (
    Rule("boundary", "(binary_expression operator: _ @site)", BOUNDARY),
    Rule("wrong-operator", "(binary_expression operator: _ @site)", _WRONG),
    Rule("wrong-operator", "(binary_expression operator: (keyword_and) @site)", Template("OR")),
    Rule("wrong-operator", "(binary_expression operator: (keyword_or) @site)", Template("AND")),
    Rule("wrong-operator", "(keyword_left) @site", Template("INNER")),
    Rule("wrong-operator", "(keyword_desc) @site", Template("ASC")),
    Rule("negate-condition", "(where predicate: (_) @condition @site)", Template("NOT ({condition})")),
    Rule("negate-condition", "(join predicate: (_) @condition @site)", Template("NOT ({condition})")),
    Rule("dropped-statement", "(where) @site", Template("")),
    Rule("dropped-statement", "(keyword_distinct) @site", Template("")),
    Rule("swap-arguments", "(term) @site", SwapNeighbours()),
    *numbers("literal"),
)
