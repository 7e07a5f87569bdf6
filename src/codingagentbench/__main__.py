"""`python -m codingagentbench` is `cab`."""

from codingagentbench.cli.app import main

main()
