"""What a volume larger than memory takes: seconds and peak memory of `raysys.models.write_sample`.

    python benchmarks/streaming.py [--side 512] [--width 16] [--format .tif] [--folder DIR]

A small untrained lattice generator in three dimensions, of the size that `wgan-gp-volume` trains (32^3 voxels a tile,
16 channels), draws one volume of side^3 voxels into a file, in a process of its own and on one thread. Peak memory is
what that process had resident, Python, torch and the network included; below 2 GB is asked for 1024^3. First a box in
the middle of a small file is compared, bit for bit, with what `sample` draws of it; afterwards a box of the large one.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
import torch
from timing import machine, one_thread

from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import ModelCard, write_sample

TILE, LATENT, BOX = 32, 32, 20
LIMIT = 2e9  # bytes, for 1024^3


def generator(width: int) -> GanModel:
    """An untrained one, of binary volumes."""
    torch.manual_seed(0)
    network = Generator(TILE, width=width, latent_channels=LATENT, latent="lattice", dims=3)
    card = ModelCard(
        name="untrained",
        architecture="wgan-gp",
        hyperparameters=network.hyperparameters,
        images={"shape": (TILE,) * 3, "phase_fraction": 0.5},
    )
    return GanModel(card, network)


def box(path: Path, first: int) -> np.ndarray:
    """A box of a file, (BOX, BOX, BOX) uint8 in {0, 1}; of a TIFF only the slices that it lies in are read."""
    inside = slice(first, first + BOX)
    if path.suffix == ".npy":
        return np.array(np.load(path, mmap_mode="r")[0, inside, inside, inside])
    slices = tifffile.imread(path, key=range(first, first + BOX))
    return (slices[:, inside, inside] // 255).astype(np.uint8)


def same(model: GanModel, path: Path, side: int) -> None:
    """Stop if a box in the middle of a file is not what the model draws there."""
    first = side // 2 - 7  # across the border of two blocks
    np.testing.assert_array_equal(box(path, first), model.sample(1, seed=1, size=BOX, origin=(first,) * 3)[0])


def resident() -> float:
    """Bytes that this process had resident at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=512, help="voxels along each axis")
    parser.add_argument("--width", type=int, default=16, help="channels of the generator")
    parser.add_argument("--format", choices=[".tif", ".npy"], default=".tif")
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    options = parser.parse_args()
    print(machine("torch", "numpy", "tifffile"))
    torch.set_num_threads(1)
    model = generator(options.width)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        small, path = Path(name) / f"small{options.format}", Path(name) / f"large{options.format}"
        write_sample(model, small, seed=1, size=2 * TILE)
        same(model, small, 2 * TILE)
        before, wall, cpu = resident(), time.perf_counter(), time.process_time()
        written = write_sample(model, path, seed=1, size=options.side, progress=told())
        wall, cpu, peak = time.perf_counter() - wall, time.process_time() - cpu, resident()
        same(model, path, options.side)
        rate, size = float(np.prod(written.shape)) / cpu / 1e6, path.stat().st_size / 1e9
        print(f"{options.side}^3 voxels to {options.format}, {size:.2f} GB: {wall:.1f} s, ", end="")
        print(f"of the processor {cpu:.1f} s ({rate:.2f} million voxels per processor second)")
        print(f"peak memory {peak / 1e9:.2f} GB, of which {before / 1e9:.2f} GB before the large sample was begun")
    if peak >= LIMIT:
        raise SystemExit(f"peak memory is above {LIMIT / 1e9:.0f} GB")


def told() -> Callable[[int, int], None]:
    """A function that says now and then how far it is."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 20:
            last = time.monotonic()
            print(f"  {done:,} of {total:,} blocks", file=sys.stderr)

    return show


if __name__ == "__main__":
    main()
