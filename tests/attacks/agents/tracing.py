"""Attaches to the first process, the harness and a process of the machine, and reads their memory.

group: processes
claim: Nothing outside the sandbox can be traced, nor its first process.
"""
import ctypes
from kit import LIBC, T, attempt

LIBC.ptrace.restype = ctypes.c_long

def attach(request, process):
    return LIBC.ptrace(request, process, 0, 0) == 0

def vector(process):
    buffer = ctypes.create_string_buffer(64)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    remote = (ctypes.c_void_p * 2)(0x400000, 64)
    return LIBC.process_vm_readv(process, local, 1, remote, 1, 0) > 0

for process in (1, T["harness"], T["victim"]):
    attempt(f"attach {process}", attach, 16, process)
    attempt(f"seize {process}", attach, 0x4206, process)
    attempt(f"read {process}", vector, process)
