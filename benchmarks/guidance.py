"""Guided syntheses: how well maps are followed, by three methods; copies of the exemplar, context and turned matches.

Exemplars are made, so that their progression, angle and labels are known: dots that grow, stripes of one direction
("monotone") and rings ("diverse"), dots beside stripes. Each synthesis runs in a process of its own, whose peak memory
is then its own. Followed is

- a progression by the correlation of the map with what a ridge regression, fitted on the exemplar, reads off the
  picture;
- an orientation by the mean angle between the map and what is extracted from the picture; "abrupt" is the 95th
  percentile of how much more than the map the extracted orientation turns within 4 pixels;
- labels by the share of patches of 7 x 7 pixels whose nearest one in the exemplar lies in the part that is asked for.

`--size`, `--source` and `--steps` make it smaller: pixels, pixels, and steps as a share of the fast preset's. The
weights are those of `RAYSYS_VGG19`, or of the shared data beside the repository; without them quilting alone is
measured. `--show FOLDER` keeps the pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from timing import DATA, machine, one_thread

one_thread()

METHODS = ("guided-correspondence", "quilting", "sliced-wasserstein")
# How an orientation is followed: copies every so many degrees, the context in cells, and whether matches are turned.
WAYS = {
    "none": (1, 0, False),
    "8 copies": (8, 0, False),
    "24 copies": (24, 0, False),
    "8 copies, context 2": (8, 2, False),
    "24 copies, context 2": (24, 2, False),
    "turned matches": (24, 2, True),
}


def dots(side: int) -> np.ndarray:
    """Dots on a jittered lattice of 8 pixels that grow from left to right."""
    random, image = np.random.default_rng(0), np.full((side, side), 0.9)
    rows, columns = np.indices((side, side))
    for y in range(4, side, 8):
        for x in range(4, side, 8):
            at = (y + random.uniform(-1, 1), x + random.uniform(-1, 1))
            radius = 1 + 2.8 * x / side
            image -= 0.8 * np.clip(radius - np.hypot(rows - at[0], columns - at[1]) + 0.5, 0, 1)
    return np.clip(image, 0, 1).astype(np.float32)


def stripes(side: int, *, rings: bool = False) -> np.ndarray:
    """Stripes of 8 pixels, upright or rings about the middle, with noise that bends them."""
    from raysys.data.textures import perlin

    rows, columns = np.indices((side, side)) - (side - 1) / 2
    along = np.hypot(rows, columns) if rings else columns
    bent = along + 2 * perlin((side, side), seed=0, octaves=3, cell=side / 4)
    fine = 0.1 * perlin((side, side), seed=1, octaves=1, cell=3)
    return np.clip(0.45 + 0.35 * np.sin(2 * np.pi * bent / 8) + fine, 0, 1).astype(np.float32)


def exemplar(case: str, side: int) -> tuple[np.ndarray, np.ndarray | None]:
    """An image, and its map where it is not read off it."""
    from raysys.data.textures import gradient

    if case == "progression":
        return dots(side), gradient((side, side))
    if case == "annotation":
        half = np.arange(side) >= side // 2
        return np.where(half, stripes(side), dots(side)), np.repeat(half[None], side, 0).astype(int)
    return stripes(side, rings=case == "diverse"), None


def asked(case: str, side: int) -> np.ndarray:
    """The map of the picture."""
    from raysys.data.textures import Shape, painted, perlin

    if case == "annotation":
        return painted((side, side), [Shape("disc", 1, (0.5, 0.5, 0.3))]).astype(int)
    noise = perlin((side, side), seed=3, octaves=1, cell=side / 2)
    return noise if case == "progression" else np.pi * noise


def followed(case: str, source: np.ndarray, of: np.ndarray | None, wanted: np.ndarray, made: np.ndarray) -> list[float]:
    """See the head of this file."""
    from raysys.data.textures import angles_of, orientation_of
    from raysys.data.textures.progression import surroundings

    if case == "progression":
        x, y = (surroundings(one).reshape(source.size if one is source else made.size, -1) for one in (source, made))
        mean, spread = x.mean(0), x.std(0)
        x, y = (np.hstack([(one - mean) / spread, ((one - mean) / spread) ** 2]) for one in (x, y))
        centred = of.ravel() - of.mean()
        weights = np.linalg.solve(x.T @ x + 1e-3 * len(x) * np.eye(x.shape[1]), x.T @ centred)
        return [float(np.corrcoef(y @ weights, wanted.ravel())[0, 1])]
    if case == "annotation":
        ours, theirs = (np.lib.stride_tricks.sliding_window_view(one, (7, 7)) for one in (made, source))
        ours, theirs = ours[::3, ::3], theirs[::2, ::2]
        labels = [wanted[3:-3, 3:-3][::3, ::3].ravel(), of[3:-3, 3:-3][::2, ::2].ravel()]
        t, s = ours.reshape(-1, 49).astype(float), theirs.reshape(-1, 49).astype(float)
        nearest = np.concatenate([((s**2).sum(1) - 2 * part @ s.T).argmin(1) for part in np.array_split(t, 16)])
        return [float((labels[1][nearest] == labels[0]).mean())]

    def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.abs((one - other + np.pi / 2) % np.pi - np.pi / 2)

    found = angles_of(orientation_of(made, coarse=3))
    steps = [[apart(one[4:], one[:-4])[:, :-4], apart(one[:, 4:], one[:, :-4])[:-4]] for one in (found, wanted)]
    beyond = np.maximum(*steps[0]) - np.maximum(*steps[1])
    return [float(np.rad2deg(apart(found, wanted).mean())), float(np.rad2deg(np.percentile(beyond, 95)))]


def measure(case: str, method: str, way: str, options: argparse.Namespace) -> None:
    """Print seconds, megabytes, and what is followed, as JSON."""
    from raysys.data import write_images
    from raysys.synthesis import PRESETS, Copies, Guidance, synthesise

    source, of = exemplar(case, options.source)
    wanted = asked(case, options.size)
    name = "orientation" if case in ("monotone", "diverse") else case
    fast = PRESETS["fast"]
    scales = tuple(replace(one, steps=max(1, round(options.steps * one.steps))) for one in fast.scales)
    others = {}
    if name == "orientation":
        rotations, context, turned = WAYS[way]
        others = {"copies": Copies(rotations=rotations), "local_context": context, "rotate_matches": turned}
    begun = time.process_time()
    made = synthesise(
        source,
        options.size,
        method=method,
        preset=replace(fast, scales=scales),
        weights=weights(),
        guidance=Guidance(**{name: (wanted, of)}),
        seed=options.seed,
        **others,
    )
    taken = time.process_time() - begun
    if options.show:
        options.show.mkdir(parents=True, exist_ok=True)
        shown = options.show / f"{case}-{method}-{way.replace(', ', '-').replace(' ', '-')}.png"
        write_images(shown, made.image[None], kind="grey")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([taken, peak, *followed(case, source, of, wanted, made.image)]))


def run(case: str, method: str, way: str, options: argparse.Namespace) -> list[float]:
    """The same in a process of its own."""
    words = ["--case", case, "--method", method, "--way", way, "--size", options.size, "--source", options.source]
    words += ["--steps", options.steps, "--seed", options.seed, *(["--show", options.show] if options.show else [])]
    done = subprocess.run([sys.executable, __file__, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def weights() -> str:
    """Where VGG-19's are."""
    return os.environ.get("RAYSYS_VGG19") or str(DATA / "weights" / "vgg19_normalized_conv_rgb_fp16.npz")


def main(options: argparse.Namespace) -> None:
    """All tables."""
    print(machine("torch", "numpy", "scipy"))
    methods = METHODS if Path(weights()).is_file() else ("quilting",)
    print(f"\npictures of {options.size}^2 from {options.source}^2, {options.steps:g} of the fast preset's steps")
    units = {"progression": "correlation", "annotation": "share of patches with their label"}
    for case, unit in units.items():
        print(f"\n{case}: {unit}")
        for method in methods:
            seconds, megabytes, value = run(case, method, "8 copies", options)
            print(f"  {method:24} {value:6.3f}   {seconds:7.1f} s  {megabytes:6.0f} MB")
    for case in ("monotone", "diverse"):
        print(f"\norientation of a {case} exemplar: degrees between asked and extracted, abrupt")
        ways = [(method, "8 copies") for method in methods if method != METHODS[0]]
        ways += [(METHODS[0], way) for way in WAYS] if METHODS[0] in methods else []
        for method, way in ways:
            seconds, megabytes, error, abrupt = run(case, method, way, options)
            print(f"  {method:24} {way:22} {error:5.1f}  {abrupt:5.1f}   {seconds:7.1f} s  {megabytes:6.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--source", type=int, default=128)
    parser.add_argument("--steps", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=Path)
    parser.add_argument("--case", choices=("progression", "annotation", "monotone", "diverse"))
    parser.add_argument("--method", choices=METHODS, default=METHODS[0])
    parser.add_argument("--way", choices=tuple(WAYS), default="8 copies")
    asked_for = parser.parse_args()
    if asked_for.case:
        measure(asked_for.case, asked_for.method, asked_for.way, asked_for)
    else:
        main(asked_for)
