"""Writes to the kernel's switches, the core pattern first among them.

group: kernel
claim: Whatever is of the whole machine cannot be written.
"""
import glob
from kit import attempt, write

for name in ("kernel/core_pattern", "kernel/modprobe", "kernel/hostname", "kernel/randomize_va_space", "vm/overcommit_memory",
             "kernel/unprivileged_userns_clone", "fs/suid_dumpable", "net/ipv4/ip_forward", "kernel/yama/ptrace_scope",
             "vm/drop_caches", "kernel/ns_last_pid", "fs/binfmt_misc/register"):
    attempt(name, write, f"/proc/sys/{name}", "1")
for name in ("/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/kcore",
             "/proc/acpi/wakeup", "/proc/1/mem", "/sys/kernel/uevent_helper", "/sys/power/state", "/dev/kmsg",
             *glob.glob("/sys/class/net/*/mtu"), *glob.glob("/sys/kernel/mm/*/enabled")):
    attempt(name, write, name, "-1000")
