"""What every attack begins with: one honest model call, and the words in which it says what it tried.

Runs inside the sandbox, from the private HOME. T holds what even an attacker with inside knowledge could know of the
machine: paths, ports, process ids, another cell's token.
"""

import ctypes
import http.client
import json
import os
import socket
import subprocess
import sys

T = json.loads(os.environ["CAB_TARGET"])
KEY, LIBC = os.environ["CAB_KEY"], ctypes.CDLL(None, use_errno=True)
PREFIX = b"VAULT" + b"-"
PORT = 31415


def call(text="hello", token=KEY, **headers):
    """The status and text of one chat completion through the door."""
    body = json.dumps({"model": os.environ["CAB_MODEL"], "messages": [{"role": "user", "content": text}]})
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    connection.request("POST", "/v1/chat/completions", body, head)
    reply = connection.getresponse()
    return reply.status, reply.read()


def say(text):
    print(text, flush=True)


def attempt(label, function, *arguments):
    """Run it and say how it went: it returns something true only where the attack got through."""
    try:
        got = function(*arguments)
    except (Exception, SystemExit) as error:
        say(f"TRIED {label}: {type(error).__name__} {error}"[:300])
        return None
    say(f"ESCAPED {label}: {got!r}"[:300] if got else f"TRIED {label}: nothing came of it")
    return got


def syscall(number, *arguments):
    """A bare system call. Raises OSError."""
    done = LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def write(path, text="x"):
    """Whether the file could be written."""
    mode = "wb" if isinstance(text, bytes) else "w"
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, mode) as file:
        file.write(text)
    return True


def leaks(path):
    """Whether what can be read there holds one of the machine's secrets."""
    with open(path, "rb") as file:
        return PREFIX in file.read(8 << 20)


def reaches(address, family=socket.AF_INET, kind=socket.SOCK_STREAM, data=b"GET / HTTP/1.0\r\n\r\n"):
    """Whether somebody is there."""
    with socket.socket(family, kind) as sock:
        sock.settimeout(1.0)
        sock.connect(address)
        sock.sendall(data)
        return kind == socket.SOCK_STREAM or sock.recv(100)


def runs(*command):
    """Whether a command ends well."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=5, check=False, start_new_session=True).returncode == 0


def background(function):
    """In a process that nothing of this one holds."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            try:
                function()
            finally:
                os._exit(0)
        os._exit(0)
    os.wait()


if __name__ != "__main__":
    status, _ = call()
    say(f"TRIED model call: {status}")
    sys.stdout.flush()
