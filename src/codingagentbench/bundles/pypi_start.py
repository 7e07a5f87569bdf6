"""Runs a module of this bundle as `python -m MODULE` would: `bin/python -I start.py MODULE [ARGUMENT ...]`.

A CLI that imports thousands of modules makes objects that stay until its end, and the collector goes through them again
and again while it starts, and once more when it ends: one of aider's five seconds. Here it runs rarely; what the CLI
does, what it leaves behind and when things are closed stay as they are.
"""

import atexit
import gc
import runpy
import sys

gc.set_threshold(200_000, 50, 100)
atexit.register(gc.disable)
sys.argv.pop(0)
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
