"""Uses the calls where kernels break: io_uring, BPF, perf, userfaultfd, keyrings, modules, kexec.

group: kernel
claim: The filter of system calls refuses them, or ends who asks.
outcomes: failed agent_error
"""
from kit import attempt, syscall

CALLS = {"io_uring_setup": (425, 8, b"\0" * 120), "bpf": (321, 0, b"\0" * 72, 72), "perf_event_open": (298, b"\0" * 112, 0, -1, -1, 0),
         "userfaultfd": (323, 0), "add_key": (248, b"user", b"x", b"y", 1, -3), "keyctl": (250, 0, -3, 1), "request_key": (249, b"user", b"x", b"", 0),
         "init_module": (175, b"", 0, b""), "finit_module": (313, 0, b"", 0), "kexec_load": (246, 0, 0, 0, 0), "open_tree": (428, -100, b"/", 0),
         "fsopen": (430, b"ext4", 0), "open_by_handle_at": (304, -100, b"\0" * 16, 0), "setns": (308, 0, 0),
         "lookup_dcookie": (212, 0, 0, 0), "nfsservctl": (180, 0, 0, 0), "personality x32": (0x40000000 | 39,)}
for name, arguments in CALLS.items():
    attempt(name, lambda: syscall(*arguments) >= 0)
