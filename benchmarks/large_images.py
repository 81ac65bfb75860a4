"""A synthetic grey image of the published size, 17,920 x 54,784 pixels, from file to tiles, in bounded memory.

    python benchmarks/large_images.py [--small] [--workers 1] [--dtype uint8|uint16] [--no-filter] [--folder DIR]

The image is drawn window by window from a seed (grains of two grey values with noise, uint8 or uint16) into a tiled,
Deflate-compressed TIFF in a temporary folder, which is removed afterwards. Then `segment_large` reads, denoises
(bilateral filter, reach 6 pixels: 112 neighbours), thresholds it by Otsu and writes its phases, and `split_large`
places the published tiles, 512 pixels every 256, and draws 512 of them at random. Each stage: seconds of wall clock and
of CPU, megapixels per CPU second, and the memory that the process had resident at most, which must stay below 4 GB.
--small works on a sixteenth of the image, and compares with `prepare` of all of it at once, pixel for pixel.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import tifffile
from timing import machine, one_thread

from raysys.data import DataSettings, prepare, window_count
from raysys.data.large import LargeImage, segment_large, split_large

SHAPE, SMALL, TILE = (17_920, 54_784), (4_480, 13_696), 512
WINDOW, STRIDE = 512, 256
LIMIT = 4e9  # bytes


class Stages:
    """Seconds between what `show` is told, by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
        self._last, self._told = clocks(), 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Count the time since the last call to this stage."""
        now = clocks()
        self.seconds[what] += now - self._last
        self._last = now
        if sys.stderr.isatty() or now[0] - self._told > 20:
            self._told = now[0]
            print(f"  {what} {done:,}/{total:,}", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr)


def grain_field(size: int) -> np.ndarray:
    """(size, size) float32: a periodic random field with grains of about ten pixels, mean 0, deviation 1."""
    noise = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    k2 = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size) ** 2
    field = np.fft.irfft2(np.fft.rfft2(noise) * np.exp(-2 * (np.pi * 4) ** 2 * k2), (size, size)).astype(np.float32)
    return (field - field.mean()) / field.std()


def draw_image(path: Path, shape: tuple[int, int], dtype: np.dtype) -> None:
    """Write the image in tiles, each from a generator of its own: no two have the same noise."""
    field, top = grain_field(4 * TILE), np.iinfo(dtype).max
    across = -(-shape[1] // TILE)

    def tiles():  # type: ignore[no-untyped-def]
        for number in range(-(-shape[0] // TILE) * across):
            row, column = divmod(number, across)
            draws = np.random.default_rng([1, number])
            grains = np.take(
                field[(row % 4) * TILE : (row % 4 + 1) * TILE],
                np.arange(column * TILE, column * TILE + TILE) % len(field),
                axis=1,
            )
            # Pores of 5 % are dark; a slow wave keeps the repeats of the field from being alike.
            dark = grains + 0.3 * math.sin(number) > 1.6
            grey = np.where(dark, 0.24, 0.67) + 0.07 * draws.standard_normal((TILE, TILE), dtype=np.float32)
            yield np.clip(grey * top, 0, top).astype(dtype)

    tifffile.imwrite(
        path,
        tiles(),
        shape=shape,
        dtype=dtype,
        tile=(TILE, TILE),
        compression="zlib",
        compressionargs={"level": 1},
        photometric="minisblack",
        maxworkers=1,
    )


def clocks() -> np.ndarray:
    """Wall clock and CPU time of this process, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def resident() -> float:
    """Bytes that this process had resident at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def show(name: str, seconds: np.ndarray, megapixels: float) -> None:
    """One stage: wall clock, CPU time, pixels per second of CPU time."""
    wall, cpu = seconds
    print(f"  {name:44} {wall:7.1f} s, CPU {cpu:7.1f} s {megapixels / cpu:8.1f} Mpx/s  peak {resident() / 1e9:.2f} GB")


def draw_tiles(path: Path) -> None:
    """Place the tiles of both sides, and draw some."""
    began = clocks()
    tiles = split_large(LargeImage(path), WINDOW, STRIDE)
    placed = clocks() - began
    count = window_count(tiles.image.shape, WINDOW, STRIDE)
    print(f"  {count:,} windows of {WINDOW} every {STRIDE}; split by region: {len(tiles.train):,} train, ", end="")
    print(f"{len(tiles.held_out):,} held out (those across the cut are left out)")
    show("check that it is binary, place the tiles", placed, math.prod(tiles.image.shape) / 1e6)
    chosen = np.random.default_rng(0).integers(0, len(tiles.train), 512)
    began = time.perf_counter()
    tiles.train[chosen]
    print(f"  {512 / (time.perf_counter() - began):.0f} random tiles a second")


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--dtype", choices=("uint8", "uint16"), default="uint8")
    parser.add_argument("--no-filter", action="store_true")
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    options = parser.parse_args()
    shape = SMALL if options.small else SHAPE
    megapixels = math.prod(shape) / 1e6
    print(
        machine("numpy", "numba", "tifffile", "scikit-image").replace("one thread, CPU time", "wall clock and CPU time")
    )
    print(f"{shape[0]:,} x {shape[1]:,} {options.dtype}, {megapixels:,.0f} Mpx, {options.workers} worker(s)")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        grey, phases = Path(folder) / "grey.tif", Path(folder) / "phases.tif"
        began = clocks()
        draw_image(grey, shape, np.dtype(options.dtype))
        show(f"draw the image ({grey.stat().st_size / 1e6:,.0f} MB on disk)", clocks() - began, megapixels)
        settings = DataSettings(
            images=str(grey), phase="dark", denoise_sigma_spatial=0.0 if options.no_filter else 2.0, tile=WINDOW
        )
        stages, began = Stages(), clocks()
        found = segment_large(settings, phases, workers=options.workers, show=stages)
        total = clocks() - began
        for name, seconds in stages.seconds.items():
            show(name, seconds, megapixels)
        show(f"all of it ({phases.stat().st_size / 1e6:,.0f} MB written)", total, megapixels)
        print(f"  threshold {found.limit:.5f}, phase fraction {found.phase_fraction:.5f}")
        draw_tiles(phases)
        peak = resident()
        if options.small:
            at_once = prepare(settings.model_copy(update={"stride": 2**31, "held_out": 0.0})).image
            with LargeImage(phases) as written:
                np.testing.assert_array_equal(written[:] // 255, at_once)
            print("  equal to the whole image at once, pixel for pixel")
    print(f"  peak memory {peak / 1e9:.2f} GB")
    if peak > LIMIT:
        raise SystemExit("that is more than 4 GB")


if __name__ == "__main__":
    main()
