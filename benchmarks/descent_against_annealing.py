"""Microstructures by descent on descriptors and by annealing at equal seconds: errors asked for, and not asked for.

Of each micrograph the middle 160 pixels give S2 and L up to lag 24. Annealing runs its default schedule to the end;
descent then takes as many steps as fit into the same seconds, measured on ten of them before. Both in this process, one
thread. Errors are mean squares over lags of images of 96 pixels, over those of smoothed noise of the phase fraction;
P4, P6 and C2 were not asked for. `--steps N`: that many steps instead.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from timing import DATA, machine, one_thread

from raysys import stats
from raysys.anneal import Schedule, Target, anneal
from raysys.data import read_images
from raysys.synthesis import DescriptorOrder, DescriptorTarget

SIDE, SECTION, LONGEST, WARM = 96, 160, 24, 10
ASKED, OTHERS = ("S2", "L"), ("P4", "P6", "C2")


def section(path: str) -> np.ndarray:
    """The middle of a binary micrograph."""
    image = np.asarray(read_images(path))
    image = (image > image.mean()).astype(np.uint8)
    top, left = ((side - SECTION) // 2 for side in image.shape[-2:])
    middle: np.ndarray = image.reshape(image.shape[-2:])[top : top + SECTION, left : left + SECTION]
    return middle


def errors(image: np.ndarray, wanted: stats.Characterisation) -> dict[str, float]:
    """Mean squared differences to a section's descriptors."""
    found = stats.characterise(image[None], (*ASKED, *OTHERS), r_max=LONGEST, boundary="periodic")
    return {
        name: float(np.nanmean((found.curves[name].mean - wanted.curves[name].mean) ** 2)) for name in (*ASKED, *OTHERS)
    }


def descent(image: np.ndarray, seconds: float, steps: int | None) -> tuple[np.ndarray, np.ndarray, float]:
    """What it begins as, what becomes of it, and its seconds."""
    target = DescriptorTarget.of(image, dict.fromkeys(ASKED, 1.0), r_max=LONGEST)
    job = DescriptorOrder(target, (SIDE, SIDE), steps=WARM).begin(0)
    noise = job.result().image
    job.advance(float("inf"))
    count = steps or max(WARM, int(seconds * WARM / job.seconds))
    job = DescriptorOrder(target, (SIDE, SIDE), steps=count).begin(0)
    job.advance(float("inf"))
    return noise, job.result().image, job.seconds


def main() -> None:
    """Print a line for each micrograph and way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--images", type=int, default=6)
    asked = parser.parse_args()
    one_thread()
    print(machine())
    for path in sorted((DATA / "micrograph2d_binary").glob("*.png"))[: asked.images]:
        image = section(str(path))
        wanted = stats.characterise(image[None], (*ASKED, *OTHERS), r_max=LONGEST)
        begun = time.perf_counter()
        target = Target.from_images(image[None], ASKED, r_max=LONGEST)
        annealed = anneal(target, (SIDE, SIDE), seed=0, schedule=Schedule()).image
        seconds = time.perf_counter() - begun
        noise, descended, spent = descent(image, seconds, asked.steps)
        floor = errors(noise, wanted)
        for name, made, took in (("annealing", annealed, seconds), ("descent", descended, spent)):
            ratios = {key: value / floor[key] for key, value in errors(made, wanted).items()}
            print(f"{path.stem:16} {name:9} {took:6.1f} s  " + "  ".join(f"{k} {v:.2g}" for k, v in ratios.items()))


if __name__ == "__main__":
    main()
