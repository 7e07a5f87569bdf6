"""Bash."""

from codingagentbench.mutation.operators.common import FLOW, UPDATING, WRONG_OPERATOR, numbers
from codingagentbench.mutation.rules import OffByOne, Rule, SwapNeighbours, Template, Tokens

_TESTS = Tokens(
    {
        "-lt": ("-le",),
        "-le": ("-lt",),
        "-gt": ("-ge",),
        "-ge": ("-gt",),
        "<": ("<=",),
        "<=": ("<",),
        ">": (">=",),
        ">=": (">",),
    }
)
_WRONG = Tokens(
    {
        **WRONG_OPERATOR.table,
        "-eq": ("-ne",),
        "-ne": ("-eq",),
        "-z": ("-n",),
        "-n": ("-z",),
        "-f": ("-d",),
        "-d": ("-f",),
        "-e": ("-d",),
        "=": ("!=",),
    }
)
_DEFAULTS = Tokens({"0": ("1",), "1": ("0",), "false": ("true",), "true": ("false",)})
_COMMAND = "(command name: (command_name) @name)"

BASH = (
    Rule("negate-condition", "(if_statement condition: (_) @condition @site)", Template("! {condition}")),
    Rule("negate-condition", "(while_statement condition: (_) @condition @site)", Template("! {condition}")),
    Rule("negate-condition", '(negated_command "!" (_) @command) @site', Template("{command}")),
    Rule("negate-condition", '(unary_expression operator: "!" (_) @inner) @site', Template("{inner}")),
    Rule("boundary", "(binary_expression operator: _ @site)", _TESTS),
    Rule("wrong-operator", "(binary_expression operator: _ @site)", _WRONG),
    Rule("wrong-operator", "(unary_expression operator: _ @site)", _WRONG),
    Rule("wrong-operator", "(list _ @site)", Tokens({"&&": ("||",), "||": ("&&",)})),
    Rule("wrong-operator", "(postfix_expression operator: _ @site)", UPDATING),
    Rule("wrong-operator", "(unary_expression (test_operator) @site)", _WRONG),
    Rule("boundary", "(binary_expression (test_operator) @site)", _TESTS),
    Rule("wrong-operator", "(binary_expression (test_operator) @site)", _WRONG),
    *numbers("number"),
    Rule("off-by-one", '((word) @site (#match? @site "^[0-9]+$"))', OffByOne()),
    Rule(
        "swallow-error",
        '((command name: (command_name) @name argument: (_) @site) (#any-of? @name "exit" "return"))',
        Tokens({"1": ("0",), "2": ("0",), "64": ("0",)}),
    ),
    Rule("wrong-default", "(expansion _ @site)", Tokens({":-": (":+",), "-": ("+",), ":=": (":+",)})),
    Rule(
        "wrong-default",
        "(variable_assignment value: (_) @site)",
        _DEFAULTS,
    ),
    Rule(
        "resource-not-closed",
        '((command name: (command_name) @name) @site (#any-of? @name "rm" "trap" "kill" "wait" "exec"))',
        Template(":"),
    ),
    Rule("early-return", '((command name: (command_name) @name) @site (#any-of? @name "continue" "break"))', FLOW),
    Rule(
        "early-return",
        '((command name: (command_name) @name) @site (#any-of? @name "shift" "exit" "return"))',
        Template(":"),
    ),
    Rule(
        "swap-arguments",
        '((command name: (command_name) @name argument: (_) argument: (_)) @site (#not-any-of? @name "[" "local"))',
        SwapNeighbours(),
    ),
    Rule("dropped-statement", "(variable_assignment) @site", Template(":")),
    Rule("dropped-statement", "(command) @site", Template(":")),
)
