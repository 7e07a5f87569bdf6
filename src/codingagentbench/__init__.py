"""CodingAgentBench: coding-agent CLIs x models x tasks, measured in sandboxes and scored by programs."""

__version__ = "0.1.0"
