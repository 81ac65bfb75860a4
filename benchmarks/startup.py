"""Processor seconds of a first look: importing the descriptors, and `raysys --help`, beside Python with numpy alone.

Medians of some runs each, in turn; asked: less than 1 s beyond Python and numpy for each.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "python and numpy": ["-c", "import numpy"],
    "import raysys.stats": ["-c", "import raysys.stats"],
    "the first descriptor": ["-c", "import raysys.stats; raysys.stats.two_point"],
    "raysys --help": ["-m", "raysys", "--help"],
    "raysys stats --help": ["-m", "raysys", "stats", "--help"],
}


def seconds(arguments: list[str]) -> float:
    """Processor seconds, of user and system together, that Python takes with these arguments."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="Runs of each command, after one that does not count.")
    runs = parser.parse_args().runs
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, arguments in COMMANDS.items():
            found = seconds(arguments)
            if run:
                taken[name].append(found)
    plain = statistics.median(taken["python and numpy"])
    for name, found in taken.items():
        middle = statistics.median(found)
        print(
            f"{name:24s} {middle:5.2f} s ({min(found):.2f} to {max(found):.2f}), beyond numpy {middle - plain:5.2f} s"
        )


if __name__ == "__main__":
    main()
