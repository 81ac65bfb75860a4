"""How far and how fast annealing converges: real micrographs of 512^2, 1024^2, volumes of 256^3, and a published job.

    python benchmarks/convergence.py [--only 512 1024 256 published] [--levels 1 3]

CPU seconds of one core a chain (recounts and the first image included), final energies E = sum over r of the squared
error of S2 along the axes, and the mean squared error E / R. Targets are the images' own open S2; lags to half a side.
The published job (Amiri et al. 2023) is 128 images of 128^2, which took 2 h on 24 CPUs: 172,800 core-seconds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from timing import DATA, machine, one_thread, thresholded_field

from raysys.anneal import Chain, Schedule, Target
from raysys.data import read_images

SEED_CORE_SECONDS = 2 * 3600 * 24
REAL_512 = (
    "rock2d_binary/diffsci_berea_slice0.png",
    "rock2d_binary/diffsci_berea_slice1.png",
    "rock2d_binary/berea_micromodel_2320x2900.png",
    "micrograph2d_binary/pymks_graspi_986x1376.png",
)


def crop(name: str, side: int) -> np.ndarray | None:
    """The first window of a real image, uint8 {0, 1} with the rarer value as 1; None where it is absent or smaller."""
    if not (DATA / name).exists():
        print(f"  {name}: absent, skipped")
        return None
    image = read_images(DATA / name)
    window = image[tuple(slice(0, side) for _ in image.shape)]
    if min(window.shape) < side:
        return None
    bright = (window > 0).astype(np.uint8)
    return bright if bright.mean() <= 0.5 else 1 - bright


def blocks(labels: np.ndarray) -> str:
    """What is left of the coarser level's pixels: interfaces between them, as a multiple of those within."""
    between, within = 0, 0
    for axis in range(labels.ndim):
        crossed = np.moveaxis(labels != np.roll(labels, -1, axis), axis, 0)
        within, between = within + int(crossed[::2].sum()), between + int(crossed[1::2].sum())
    return f"  interfaces at blocks {between / within:.2f}"


def converge(title: str, image: np.ndarray, schedule: Schedule, seed: int = 1) -> None:
    """Anneal one chain to the schedule's threshold and print what it took."""
    target = Target.from_images(image[None])
    began = time.thread_time()
    chain = Chain(target, image.shape, seed=seed, schedule=schedule)
    first = chain.energy
    chain.advance()
    spent = time.thread_time() - began
    print(
        f"  {title:44} phi {image.mean():.3f}  levels {schedule.levels}  E {first:.3g} to {chain.energy:.2e}  "
        f"MSE {chain.energy / target.r_max:.1e}  {chain.swaps / 1e6:6.1f} million swaps  {spent:6.1f} s"
        f"{blocks(chain.labels) if schedule.levels > 1 else ''}",
        flush=True,
    )


def real_512(levels: list[int]) -> None:
    print("\n512^2 to E <= 1e-7")
    for name in REAL_512:
        image = crop(name, 512)
        for level in levels if image is not None else ():
            converge(name, image, Schedule(threshold=1e-7, levels=level))


def square_1024(levels: list[int]) -> None:
    print("\n1024^2 to E <= 1e-7")
    images = {
        "rock2d_binary/berea_micromodel_2320x2900.png": crop("rock2d_binary/berea_micromodel_2320x2900.png", 1024)
    }
    images["thresholded Gaussian field, sigma 8"] = thresholded_field((1024, 1024), 1, sigma=8)[0]
    for name, image in images.items():
        for level in levels if image is not None else ():
            converge(name, image, Schedule(threshold=1e-7, levels=level))


def cube_256(levels: list[int]) -> None:
    print("\n256^3 to E <= 1e-7")
    for name in ("rock3d/berea_z000-263.tif",):
        image = crop(name, 256)
        for level in levels if image is not None else ():
            converge(name, image, Schedule(threshold=1e-7, levels=level))


def published_job() -> None:
    print("\n128 images of 128^2, the published schedule (250 stages), one core; moves a stage and selection as said")
    for phi, sigma in ((0.052, 2), (0.352, 4)):
        target = Target.from_images(thresholded_field((128, 128), 64, phi, sigma))
        for selection, moves in (("uniform", 20_000), ("interface", 20_000), ("interface", 2_000)):
            schedule = Schedule(selection=selection, moves=moves)
            Chain(target, (128, 128), seed=0, schedule=Schedule(stages=1, moves=10, selection=selection)).advance()
            began, energies = time.thread_time(), []
            for number in range(128):
                chain = Chain(target, (128, 128), seed=0, chain=number, schedule=schedule)
                chain.advance()
                energies.append(chain.energy)
            spent = time.thread_time() - began
            low, middle, high = np.percentile(energies, [2.5, 50, 97.5])
            print(
                f"  phi {phi}  {selection:9} {moves:6} moves  {spent:6.1f} core-seconds ({spent / 128:.3f} a chain)  "
                f"{SEED_CORE_SECONDS / spent:7.0f} times fewer  E {middle:.1e} ({low:.1e} to {high:.1e})",
                flush=True,
            )


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=["published", "512", "1024", "256"])
    parser.add_argument("--levels", nargs="+", type=int, default=[1, 3])
    settings = parser.parse_args()
    print(machine("numpy", "numba"))
    if "published" in settings.only:
        published_job()
    for name, run in (("512", real_512), ("1024", square_1024), ("256", cube_256)):
        if name in settings.only:
            run(settings.levels)


if __name__ == "__main__":
    main()
