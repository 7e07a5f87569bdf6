"""Tables and rules that languages with C's expressions share."""

from codingagentbench.mutation.rules import OffByOne, Rule, SwapNeighbours, Template, Tokens

BOUNDARY = Tokens({"<": ("<=",), "<=": ("<",), ">": (">=",), ">=": (">",)})
WRONG_OPERATOR = Tokens(
    {
        "+": ("-",),
        "-": ("+",),
        "*": ("+",),
        "/": ("*",),
        "%": ("/",),
        "&&": ("||",),
        "||": ("&&",),
        "==": ("!=",),
        "!=": ("==",),
        "===": ("!==",),
        "!==": ("===",),
        "&": ("|",),
        "|": ("&",),
        "<<": (">>",),
        ">>": ("<<",),
        "??": ("||",),
    }
)
ASSIGNING = Tokens({"+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "|=": ("&=",), "&=": ("|=",)})
UPDATING = Tokens({"++": ("--",), "--": ("++",)})
TRUTH = Tokens({"true": ("false",), "false": ("true",), "True": ("False",), "False": ("True",)})
FLOW = Tokens({"continue": ("break",), "break": ("continue",)})

EXPRESSIONS = (
    Rule("boundary", "(binary_expression operator: _ @site)", BOUNDARY),
    Rule("wrong-operator", "(binary_expression operator: _ @site)", WRONG_OPERATOR),
)
"""Where every binary expression is one kind of node."""


def numbers(*kinds: str) -> tuple[Rule, ...]:
    """Off by one for the node types of whole numbers."""
    return tuple(Rule("off-by-one", f"({kind}) @site", OffByOne()) for kind in kinds)


def arguments(kind: str = "arguments") -> Rule:
    """Swapped arguments of a call."""
    return Rule("swap-arguments", f"({kind}) @site", SwapNeighbours())


def negated(query: str, text: str = "!({condition})") -> Rule:
    """A negated condition; the query captures it as `@condition` and `@site`."""
    return Rule("negate-condition", query, Template(text))
