"""`python -m tests.attacks [ENGINE...] [--only NAME...]`: run the attacks and print the table."""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attacks.listing import attacks
from attacks.siege import Fallout, besiege
from codingagentbench.errors import SetupError
from codingagentbench.removal import remove_tree
from codingagentbench.wording import counted


def main() -> int:
    """0 when every attack held on every engine that runs here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["bubblewrap", "docker"])
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--fast", action="store_true", help="without the slow ones")
    asked = parser.parse_args()
    chosen = [a for a in attacks() if (not asked.only or a.name in asked.only) and not (asked.fast and a.slow)]
    bad = 0
    print(f"{'attack':<20} {'engine':<11} {'verdict':<12} {'outcome':<17} {'next cell':<10} seconds")
    for engine in asked.engines:
        folder = Path(tempfile.mkdtemp(prefix="cab-attacks-"))
        try:
            siege = besiege(engine, chosen, folder, _show)
        except SetupError as error:
            print(f"{engine}: skipped: {error}")
            continue
        finally:
            remove_tree(folder)
        for text in siege.wrong:
            print(f"    {engine}: {text}")
        bad += len(siege.wrong) + sum(bool(f.wrong) for f in siege.fallout.values())
    attacked = f"{counted(len(chosen), 'attack')} on {counted(len(asked.engines), 'engine')}"
    print(f"{attacked}, {bad} got through")
    return 1 if bad else 0


def _show(f: Fallout) -> None:
    line = f"{f.attack.name:<20} {f.engine:<11} {f.verdict:<12} {f.record.outcome:<17} {f.after.outcome:<10}"
    print(f"{line} {f.record.duration_s:.1f}", flush=True)
    for text in f.wrong:
        print(f"    {ascii(text)[1:-1]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
