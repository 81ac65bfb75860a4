"""Large textures: peak memory of pictures in one piece and by windows, and the step across the windows' borders.

Each picture is made in a process of its own: one step at full size in one piece (of 256 and 512 pixels), and whole
pictures by windows of 128 (256 and 512 pixels a side; `--large` also 1024), with three steps at each scale and random
kernels. Memory by windows is to stay where it is; the slope of the others is what `raysys.synthesis.memory` reckons
with.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

from timing import machine, one_thread

one_thread()

WINDOW = 128


def measure(way: str, side: int) -> None:
    """Print megabytes at the peak, seconds, and by windows the step across borders over that inside."""
    import numpy as np

    from raysys.synthesis import PRESETS, by_windows, order_of
    from raysys.synthesis.grid import Grid

    fast = PRESETS["fast"]
    scales = fast.scales[-1:] if way == "piece" else fast.scales
    short = replace(
        fast, half=False, scales=tuple(replace(scale, steps=1 if way == "piece" else 3) for scale in scales)
    )
    source = np.random.default_rng(0).random((192, 192, 3), np.float32)
    order, _ = order_of(source, side, weights="random", preset=short, threads=1)
    begun, seam = time.perf_counter(), ""
    if way == "piece":
        order.begin(0).advance(0)
    else:
        with tempfile.TemporaryDirectory() as folder:
            image = by_windows(order, folder, window=WINDOW).image
        ratios = []
        for axis, edges in enumerate(Grid.of((side, side), WINDOW).edges):
            steps = np.abs(np.diff(image, axis=axis)).mean((1 - axis, 2))[7::8]
            borders = np.isin(np.arange(1, len(steps) + 1) * 8, edges)
            ratios.append(steps[borders].mean() / steps[~borders].mean())
        seam = f", borders {np.mean(ratios):.2f}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{way:8} {side:5} {peak:7.0f} MB {time.perf_counter() - begun:7.1f} s{seam}")


def main() -> None:
    """Run every measurement in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--one", nargs=2)
    asked = parser.parse_args()
    if asked.one:
        measure(asked.one[0], int(asked.one[1]))
        return
    print(machine())
    for way, sides in (("piece", (256, 512)), ("windows", (256, 512, *((1024,) if asked.large else ())))):
        for side in sides:
            subprocess.run([sys.executable, __file__, "--one", way, str(side)], check=True)


if __name__ == "__main__":
    main()
