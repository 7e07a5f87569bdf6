"""Why this machine refuses a sandbox: the settings that distributions ship, in the words of their own names."""

from pathlib import Path

_SETTINGS = {  # sysctl: (value that refuses, value that allows)
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "user.max_user_namespaces": ("0", "15000"),
}
_WITHOUT = "or run without isolation and not citable: --sandbox none"


def why_refused(*, root: bool, sysctls: Path = Path("/proc/sys")) -> str:
    """What to do, in one line."""
    if root:
        return f"root without CAP_SYS_ADMIN, as in most containers? run as an ordinary user, {_WITHOUT}"
    for name, (refuses, allows) in _SETTINGS.items():
        file = sysctls / name.replace(".", "/")
        if file.is_file() and file.read_text().strip() == refuses:
            return f"user namespaces are switched off: sysctl -w {name}={allows} (as root), {_WITHOUT}"
    return f"are user namespaces allowed here (a container's seccomp profile, AppArmor)? {_WITHOUT}"
