"""What a verdict on whole sets of images notices, how often it cries at real images, and how long it takes.

    python benchmarks/power.py [--images gravel berea pores fractures] [--repeats 200] [--draws 25] [-o power.json]
    python benchmarks/power.py --regions 100        # overlapping tiles of few regions against independent images
    python benchmarks/power.py --seconds           # a verdict of 128 + 128 images of 128 x 128, ladder kept and not

Of each kind 64 images are taken for real and 64 others, none of them the same, for made: as they are (`--repeats`
times), or damaged (`--draws` times). gravel: two photographs (tiles of 64 at every 55th pixel), berea: slices of a
volume, both of shared/data; pores: discs; fractures: thin straight cracks. What is in the file is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from timing import DATA, machine

from raysys.assess import compare_methods
from raysys.assess.power.judge import JUDGED
from raysys.assess.power.rungs import DAMAGES
from raysys.data import DataSettings, gaussian_random_field, prepare, read_images, split_by_region, windows
from raysys.data.synthetic import discs
from raysys.stats import DESCRIPTORS, characterise
from raysys.stats.sets.energy_test import ALPHA, energy_test
from raysys.stats.sets.vectors import Vectors, vectors_of

SIDE, SIZE, POOL = 64, 64, 160  # pixels; images of either set; images that they are drawn from
NAMES = (*DESCRIPTORS, *JUDGED, "pores")
TRIED = (("flips", 0.003), ("flips", 0.01), ("dilation", 1), ("blur", 1), ("specks", 0.003), ("gaussian", 1),
         ("annealed", 1))  # fmt: skip
HAVE_TO = ("flips 0.01", "dilation 1", "annealed 1")


def gravel() -> np.ndarray:
    pictures = ("texture/skimage/gravel.png", "texture/gravel/abro_gravel.jpg")
    settings = [
        DataSettings(images=str(DATA / picture), phase="dark", minimum_object=20, tile=SIDE, stride=55, held_out=0)
        for picture in pictures
    ]
    return np.concatenate([prepare(each).train[:] for each in settings])


def berea() -> np.ndarray:
    slices = read_images(DATA / "rock3d" / "berea_z000-263.tif")[::33]
    return np.concatenate([windows(np.ascontiguousarray(one > 0), SIDE, SIDE) for one in slices]).astype(np.uint8)


def pores() -> np.ndarray:
    return discs((SIDE, SIDE), radius=4, phase_fraction=0.08, seed=0, n=POOL)


def fractures() -> np.ndarray:
    """Cracks a pixel and a half wide, at random places and in directions about 30 degrees from the horizontal."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    images = np.zeros((POOL, SIDE, SIDE), np.uint8)
    for image in images:
        for _ in range(random.poisson(5)):
            angle = random.choice([-1, 1]) * np.radians(random.normal(30, 8))
            (row, column), half = random.random(2) * SIDE, random.uniform(10, 40)
            along = (x - column) * np.cos(angle) - (y - row) * np.sin(angle)
            across = (x - column) * np.sin(angle) + (y - row) * np.cos(angle)
            image |= ((np.abs(across) < 0.8) & (np.abs(along) < half)).astype(np.uint8)
    return images


IMAGES: dict[str, Callable[[], np.ndarray]] = {
    "gravel": gravel, "berea": berea, "pores": pores, "fractures": fractures,
}  # fmt: skip


def chosen(images: np.ndarray) -> np.ndarray:
    """As many as the sets are drawn from."""
    return np.ascontiguousarray(images[np.random.default_rng(0).permutation(len(images))[:POOL]])


def share(real: Vectors, other: Vectors, times: int) -> float:
    """How often two sets without an image in common are told apart."""
    told = 0
    for seed in range(times):
        order = np.random.default_rng(seed).permutation(real.n)
        size = min(SIZE, real.n // 2)
        found = energy_test(real.subset(order[:size]), other.subset(order[size : 2 * size]), seed=seed)
        told += found.p is not None and found.p <= ALPHA
    return told / times


def measured(images: np.ndarray) -> Vectors:
    return vectors_of(characterise(images, NAMES))


def run(name: str, repeats: int, draws: int, kept: dict[str, dict[str, float]], write: Callable[[], None]) -> None:
    """All that is not in the file yet."""
    found = kept.setdefault(name, {})
    images = chosen(IMAGES[name]())
    clean = measured(images)
    found["images"] = len(images)
    if f"real against real, {repeats}" not in found:
        found[f"real against real, {repeats}"] = share(clean, clean, repeats)
        write()
    for damage, strength in TRIED:
        key = f"{damage} {strength:g}"
        if f"{key}, {draws}" not in found:
            damaged = DAMAGES[damage].apply(images, strength, np.random.default_rng(1))
            found[f"{key}, {draws}"] = share(clean, measured(damaged), draws)
            write()
        note = "  *" if key in HAVE_TO else ""
        print(f"  {name:10}{key:16}{found[f'{key}, {draws}']:6.0%}{note}", flush=True)
    print(f"  {name:10}{'real':16}{found[f'real against real, {repeats}']:6.1%}", flush=True)


def regions(repeats: int) -> float:
    """How often overlapping tiles of four regions are told apart from independent images of the same field."""
    told = 0
    fields = {"correlation_length": 5.0, "phase_fraction": 0.35}
    names = (*DESCRIPTORS, "minkowski", "pores")
    for seed in range(repeats):
        # The phase fraction is that of a large field, so that windows of both vary alike.
        (image,) = gaussian_random_field((120, 344), seed=10_000 * seed, n=1, **fields)
        cut = split_by_region(image, SIDE, 8, held_out=0)
        large = gaussian_random_field((120, 344), seed=10_000 * seed + 1, n=100, **fields)
        made = np.ascontiguousarray(large[:, 20 : 20 + SIDE, 100 : 100 + SIDE])
        real = vectors_of(characterise(cut.train[:], names))
        found = energy_test(real, vectors_of(characterise(made, names)), real_groups=cut.train_groups, seed=seed)
        told += found.p is not None and found.p <= ALPHA
    print(f"  {len(cut.train)} tiles of {len(set(cut.train_groups.tolist()))} regions: {told / repeats:.1%}")
    return told / repeats


def seconds() -> None:
    """A verdict of 128 + 128 images of 128 x 128, by the clock."""
    images = discs((128, 128), radius=5, phase_fraction=0.2, seed=0, n=256)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYSYS_CACHE"] = folder
        for what in ("once, with compiling", "ladder kept", "ladder kept"):
            began = time.perf_counter()
            compare_methods(images[:128], {"made": images[128:]})
            print(f"  {what}: {time.perf_counter() - began:.1f} s", flush=True)
    for name in NAMES:
        began = time.perf_counter()
        characterise(images, (name,), parallel=False)
        print(f"  {name:16}{time.perf_counter() - began:6.2f} s of 256 images", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", nargs="*", choices=IMAGES, default=None)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--draws", type=int, default=25)
    parser.add_argument("--regions", type=int, default=0)
    parser.add_argument("--seconds", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=Path("power.json"))
    options = parser.parse_args()
    kept = json.loads(options.output.read_text()) if options.output.exists() else {}
    print(machine("numba", "scipy"))
    if options.seconds:
        seconds()
    if options.regions:
        regions(options.regions)
    alone = options.seconds or options.regions
    for name in options.images or ([] if alone else list(IMAGES)):
        if name in ("gravel", "berea") and not DATA.is_dir():
            print(f"  {name}: there is no folder {DATA}")
            continue
        run(name, options.repeats, options.draws, kept, lambda: options.output.write_text(json.dumps(kept, indent=1)))


if __name__ == "__main__":
    main()
