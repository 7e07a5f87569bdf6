"""The operators of each language, as data."""

from collections.abc import Mapping

from codingagentbench.mutation.operators.bash import BASH
from codingagentbench.mutation.operators.c import CPP, C
from codingagentbench.mutation.operators.ecmascript import JAVASCRIPT, TYPESCRIPT
from codingagentbench.mutation.operators.go import GO
from codingagentbench.mutation.operators.java import JAVA
from codingagentbench.mutation.operators.python import PYTHON
from codingagentbench.mutation.operators.rust import RUST
from codingagentbench.mutation.operators.sql import SQL
from codingagentbench.mutation.rules import Rule

RULES: Mapping[str, tuple[Rule, ...]] = {
    "python": PYTHON,
    "rust": RUST,
    "go": GO,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": TYPESCRIPT,
    "java": JAVA,
    "c": C,
    "cpp": CPP,
    "bash": BASH,
    "sql": SQL,
}
"""By language, as `scoring.grammars` names it."""
OPERATORS = tuple(sorted({rule.operator for rules in RULES.values() for rule in rules}))
