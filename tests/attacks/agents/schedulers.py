"""Asks cron, at, systemd and shell profiles to run something later.

group: processes
claim: There is no scheduler to ask, and its folders cannot be written.
"""
from kit import T, attempt, runs, write

LATER = f"touch {T['host_files'][0]}.later"
for command in ("echo '* * * * * x' | crontab -", f"echo '{LATER}' | at now", f"systemd-run {LATER}", f"batch {LATER}",
                "systemctl start x", f"dbus-send --system / x.y.{LATER}"):
    attempt(command, runs, "sh", "-c", command)
for path in ("/var/spool/cron/crontabs/root", "/etc/cron.d/x", "/etc/profile.d/x.sh", "/etc/ld.so.preload", "/root/.bashrc",
             "/etc/systemd/system/x.service", "/run/systemd/system/x.service"):
    attempt(path, write, path, LATER)
