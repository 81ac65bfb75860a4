"""Speed of the radially averaged two-point function on one core, against PoreSpy, as ratios within one run.

    python benchmarks/radial.py [--side 2048] [--repeats 7]

One open image, phase fraction 0.352 (thresholded Gaussian random field), lags up to half a side: PoreSpy's
`two_point_correlation` with bins of one pixel, our values of the same bins and weights, and our own bins, in which
every pair weighs the same. Then 128 images of 128 x 128 (PoreSpy from one of them) and one volume of 128^3. PoreSpy's
values are equalled to 1e-12 before anything is timed. CPU time of one thread, ours interleaved, median; PoreSpy, which
takes half a minute at 2048, is timed once there. The memory that we allocate at most is given for the large image.
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable

import numpy as np
from porespy.metrics import two_point_correlation
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import two_point_radial


def against_porespy(title: str, images: np.ndarray, repeats: int, theirs: int) -> None:
    """Compare and time; PoreSpy on one of the images, `theirs` times."""
    half = min(images.shape[1:]) // 2
    inside, edges = images[0] == 1, np.arange(half + 1)
    peer = two_point_correlation(inside, bins=half)
    same = two_point_radial(images, bins=edges, weights="lags")
    np.testing.assert_array_equal(peer.bin_edges, edges)
    np.testing.assert_allclose(same.values[0], peer.probability_scaled, rtol=1e-12)
    work: dict[str, Callable[[], object]] = {
        "raysys, PoreSpy's bins and weights": lambda: two_point_radial(images, bins=edges, weights="lags"),
        "raysys, every pair weighs the same": lambda: two_point_radial(images, r_max=half - 1),
    }
    times = seconds(work, repeats)
    one = seconds({"": lambda: two_point_correlation(inside, bins=half)}, theirs)[""]
    show(title, times | {"PoreSpy two_point_correlation": len(images) * one}, len(images))


def memory(image: np.ndarray) -> None:
    """Bytes that are allocated at most."""
    tracemalloc.start()
    two_point_radial(image)
    print(f"  raysys allocates {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB at most")
    tracemalloc.stop()


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print(machine("numpy", "scipy", "porespy"))
    side = options.side
    image = thresholded_field((side, side), 1)
    against_porespy(f"radial S2, one open image of {side}^2", image, options.repeats, 1)
    memory(image)
    against_porespy("radial S2, 128 open images of 128^2", thresholded_field((128, 128), 128), options.repeats, 5)
    against_porespy("radial S2, one open volume of 128^3", thresholded_field((128,) * 3, 1), options.repeats, 1)


if __name__ == "__main__":
    main()
