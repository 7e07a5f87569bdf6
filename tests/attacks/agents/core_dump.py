"""Crashes, so that the machine's core handler runs.

group: kernel
claim: No core is written anywhere, and the record calls it a crash.
outcomes: tui_crashed
"""
import os
import resource
import signal
from kit import attempt

attempt("limit", lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)) or True)
os.kill(os.getpid(), signal.SIGSEGV)
