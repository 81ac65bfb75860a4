"""By what factor annealing on S2 can be further from real images than a perfect generator, at n images of 128 x 128.

    python benchmarks/claim_bound.py [--kinds gravel berea pores fractures] [--n 128 1024] [--chains 128] [-o bound]
    python benchmarks/claim_bound.py --table

Amiri et al. 2023 say that a GAN's errors of the higher-order functions are two to three orders of magnitude below those
of annealing on S2. No set of n images, however it was made, is nearer to n real ones than other real images are: that
error is the floor, and falls as 1 / n. F is the error of n annealed images over the floor: a ratio above F cannot be
seen with n images, whatever the generator. Annealing is asked for the mean S2 of the first half of the real images
and judged against the second, by the scaled curves (L: the curve itself), with the published schedule and pixels drawn
uniformly, as published, or at interfaces. With fewer images than n, F is projected: what is left of the error when the
scatter of both sets and of the target is taken off stays, and the scatter falls as 1 / n. Chains are kept as they end;
the same command goes on. gravel: one photograph, whose few tiles tell little; berea: slices of a volume, both of
shared/data; pores: ellipses along one direction, phase fraction 0.05; fractures: a network of straight cracks, 0.36.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from timing import DATA, machine, one_thread

from raysys.anneal import Schedule, Target, anneal
from raysys.data import DataSettings, prepare, read_images, windows
from raysys.files import write_csv, written_aside
from raysys.stats import Characterisation, characterise, compare
from raysys.stats.sets.comparison import halved

SIDE, DRAWS, KEPT_EVERY = 128, 100, 8
NAMES = ("S2", "P3H", "P3V", "P4", "P6", "L")
SELECTIONS = ("uniform", "interface")


def gravel(_: int) -> np.ndarray:
    picture = str(DATA / "texture" / "skimage" / "gravel.png")
    settings = DataSettings(images=picture, phase="dark", minimum_object=20, tile=SIDE, stride=SIDE, held_out=0)
    return prepare(settings).train[:]


def berea(_: int) -> np.ndarray:
    slices = read_images(DATA / "rock3d" / "berea_z000-263.tif")[::9]
    tiles = np.concatenate([windows(np.ascontiguousarray(one > 0), SIDE, SIDE) for one in slices])
    # Slices in turn in both halves, so that neither is one end of the rock.
    return tiles[np.random.default_rng(0).permutation(len(tiles))].astype(np.uint8)


def pores(count: int) -> np.ndarray:
    return np.stack([_ellipses(np.random.default_rng([0, i])) for i in range(count)])


def fractures(count: int) -> np.ndarray:
    return np.stack([_cracks(np.random.default_rng([1, i])) for i in range(count)])


def _ellipses(random: np.random.Generator) -> np.ndarray:
    """Pores of about 16 x 4 pixels, 30 degrees from the horizontal within 10, partly overlapping."""
    image = np.zeros((SIDE, SIDE), bool)
    for _ in range(random.poisson(21)):
        along, across = _turned(random, np.radians(random.normal(30, 10)), margin=10)
        half = random.uniform(5, 11)
        image |= (along / half) ** 2 + (across / (half / 4)) ** 2 < 1
    return image.astype(np.uint8)


def _cracks(random: np.random.Generator) -> np.ndarray:
    """Cracks about 3 pixels wide and 40 to 160 long, in two directions with a spread of 12 degrees."""
    image = np.zeros((SIDE, SIDE), bool)
    for _ in range(random.poisson(78)):
        along, across = _turned(random, np.radians(random.choice([20, 105]) + random.normal(0, 12)), margin=60)
        image |= (np.abs(along) < random.uniform(20, 80)) & (np.abs(across) < random.uniform(1, 2.5))
    return image.astype(np.uint8)


def _turned(random: np.random.Generator, angle: float, *, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across a direction, from a place in the image or so far outside."""
    row, column = random.uniform(-margin, SIDE + margin, 2)
    y, x = np.mgrid[:SIDE, :SIDE] - np.array([row, column])[:, None, None]
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


KINDS: dict[str, Callable[[int], np.ndarray]] = {
    "gravel": gravel, "berea": berea, "pores": pores, "fractures": fractures,
}  # fmt: skip


def annealed(real: np.ndarray, selection: str, chains: int, file: Path) -> np.ndarray:
    """Images by chain number; those that are in the file are not made again."""
    found = list(np.load(file)) if file.exists() else []
    target = Target.from_images(real)
    for chain in range(len(found), chains):
        found.append(anneal(target, (SIDE, SIDE), seed=0, chain=chain, schedule=Schedule(selection=selection)).image)
        if (chain + 1) % KEPT_EVERY == 0 or chain + 1 == chains:
            with written_aside(file) as aside, aside.open("wb") as opened:
                np.save(opened, np.stack(found).astype(np.uint8))
            print(f"  {file.stem}: {chain + 1} of {chains}", end="\r", flush=True)
    return np.stack(found[:chains]).astype(np.uint8)


def apart(one: Characterisation, other: Characterisation | None, size: int) -> dict[str, np.ndarray]:
    """Errors between `size` images of one set and as many of the other, or of the same, in every draw."""
    errors = [compare(*pair) for pair in _draws(one, other, size)]
    return {name: np.array([each[name] for each in errors]) for name in NAMES}


def _draws(
    one: Characterisation, other: Characterisation | None, size: int
) -> Iterator[tuple[Characterisation, Characterisation]]:
    if other is None:
        for first, second in halved(one.n, size=size, splits=DRAWS):
            yield one.subset(first), one.subset(second)
        return
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        yield tuple(of.subset(random.permutation(of.n)[:size]) for of in (one, other))  # type: ignore[misc]


def bounds(real: Characterisation, made: Characterisation, n: int) -> Iterator[dict[str, Any]]:
    """F of every descriptor at n images; `real` are those that annealing was not asked for, and its target's."""
    half = real.n // 2
    judged = real.subset(np.arange(half, real.n))
    size = min(n, half, made.n)
    floors, errors = apart(real, None, size), apart(made, judged, size)
    scatter = apart(made, None, made.n // 2)
    for name in NAMES:
        floor, error = floors[name].mean(), errors[name].mean()
        # Squared scatter of the means of `size` real and of `size` annealed images; the target's is that of a half.
        one, other = floor / 2, scatter[name].mean() / 2 * (made.n // 2) / size
        left, shrunk = max(0.0, error - one - other - one * size / half), size / n
        at_n = error if size == n else left + (2 * one + other) * shrunk
        ratios = np.quantile(errors[name] / floor, [0.025, 0.975]) if size == n else [np.nan] * 2
        yield {"n": n, "descriptor": name, "F": at_n / (floor * shrunk), "low": ratios[0], "high": ratios[1],
               "floor": floor * shrunk, "how": "measured" if size == n else f"projected from {size}"}  # fmt: skip


def run(kinds: list[str], sizes: list[int], chains: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read(folder) if row["kind"] not in kinds]
    for kind in kinds:
        if kind in ("gravel", "berea") and not DATA.is_dir():
            print(f"  {kind}: there is no folder {DATA}")
            continue
        images = KINDS[kind](2 * max(sizes))
        asked, real = images[: len(images) // 2], characterise(images, NAMES)
        print(f"  {kind}: {len(images)} images, phase fraction {images.mean():.3f}", flush=True)
        for selection in SELECTIONS:
            made = annealed(asked, selection, chains, folder / f"{kind}-{selection}-{len(asked)}.npy")
            found = characterise(made, NAMES)
            for n in sizes:
                rows += [{"kind": kind, "selection": selection, **row} for row in bounds(real, found, n)]
        write_csv(folder / "bound.csv", rows)


def read(folder: Path) -> list[dict[str, Any]]:
    """Rows of the kinds that are done."""
    if not (folder / "bound.csv").exists():
        return []
    with (folder / "bound.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def table(folder: Path) -> None:
    rows = read(folder)
    print("| kind, selection, images | " + " | ".join(NAMES) + " | |\n|---|" + "---|" * (len(NAMES) + 1))
    for key in dict.fromkeys((row["kind"], row["selection"], row["n"]) for row in rows):
        of = {row["descriptor"]: row for row in rows if (row["kind"], row["selection"], row["n"]) == key}
        print(f"| {key[0]}, {key[1]}, {key[2]} | " + " | ".join(f"{float(of[name]['F']):.2g}" for name in NAMES)
              + f" | {of['S2']['how']} |")  # fmt: skip


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--n", nargs="+", type=int, default=[128, 1024])
    parser.add_argument("--chains", type=int, default=128, help="annealed images of each kind and selection")
    parser.add_argument("--table", action="store_true", help="print what is in the folder, and stop")
    parser.add_argument("-o", "--output", type=Path, default=Path("bound"))
    options = parser.parse_args()
    if not options.table:
        print(machine("numba"))
        run(options.kinds, sorted(options.n), options.chains, options.output)
    table(options.output)


if __name__ == "__main__":
    main()
