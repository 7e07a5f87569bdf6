"""Other people's tasks, seen as ours: Harbor folders, Exercism exercises, SWE-bench rows. docs/import.md."""
