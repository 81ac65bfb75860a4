"""What a training saves by preparing its data once, for its check, two workers and publishing.

    python benchmarks/prepared_once.py [--scale 1] [--no-filter] [--folder DIR]

The image of `large_images.py`, 17,920 x 54,784 pixels (with --scale S of 1/S of the sides), is drawn into a tiled TIFF
file in a temporary folder, which is removed afterwards. Side by side, in one process, one after the other:

- each for itself, on machines of their own: every one of the four reads and segments the image;
- each for itself, on one machine: the first segments, the others find the phases in this machine's cache (large images
  only; smaller ones have no cache);
- once: the engine prepares below the recipe's storage, and the four map what is there.

Each time four training tiles, all held-out ones and the provenance are the same; that is checked.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from large_images import SHAPE, STRIDE, WINDOW, draw_image
from timing import machine, one_thread

from raysys.data import DataSettings, denoise, prepared_files
from raysys.data.large import prepared as large
from raysys.data.preparation import prepare as small
from raysys.data.sources import TrainingData, prepared, training_data

WHO = ("check", "worker 0", "worker 1", "publishing")


@contextmanager
def counted() -> Iterator[list[str]]:
    """What was prepared meanwhile: an entry for each time that an image was read and segmented."""
    made: list[str] = []
    places = [(large, "segment_large"), (small, "prepared_at_once")]
    places += [(prepared_files, "segment_large"), (prepared_files, "prepared_at_once")]
    whole = [(module, name, getattr(module, name)) for module, name in places]

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            made.append(function.__name__)
            return function(*args, **options)

        return call

    for module, name, function in whole:
        setattr(module, name, counting(function))
    try:
        yield made
    finally:
        for module, name, function in whole:
            setattr(module, name, function)


def same(one: TrainingData, other: TrainingData) -> None:
    """Stop if two data are not the same, as far as they are looked at."""
    places = np.linspace(0, len(other.train) - 1, 4).astype(np.int64)
    np.testing.assert_array_equal(one.train[places], other.train[places])
    np.testing.assert_array_equal(one.held_out, other.held_out)
    left_out = {"segmented": ""}  # where the phases lie
    assert one.provenance | left_out == other.provenance | left_out


def four(title: str, read: Callable[[str], TrainingData], before: Callable[[], None] = lambda: None) -> TrainingData:
    """Let the four get their data, and show what it takes."""
    began, worked = time.perf_counter(), time.process_time()
    with counted() as made:
        before()
        seconds = {"preparing": time.perf_counter() - began}
        for who in WHO:
            start = time.perf_counter()
            data = read(who)
            seconds[who] = time.perf_counter() - start
    total, worked = time.perf_counter() - began, time.process_time() - worked
    parts = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items() if name in WHO or value > 0.05)
    # What else runs on the machine changes the processor's seconds least.
    took = f"{total:8.1f} s, processor {worked:8.1f} s"
    print(f"  {title:42} {len(made)} preparations {took}  ({parts})", flush=True)
    return data


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--no-filter", action="store_true")
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    options = parser.parse_args()
    shape = (SHAPE[0] // options.scale, SHAPE[1] // options.scale)
    print(machine("numpy", "numba", "tifffile", "scikit-image").replace("one thread, CPU time", "wall clock"))
    print(f"{shape[0]:,} x {shape[1]:,} uint8, {shape[0] * shape[1] / 1e6:,.0f} Mpx")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        draw_image(folder / "grey.tif", shape, np.dtype("uint8"))
        settings = DataSettings(
            images=str(folder / "grey.tif"),
            phase="dark",
            denoise_sigma_spatial=0.0 if options.no_filter else 2.0,
            tile=WINDOW,
            stride=STRIDE,
        )

        def alone(who: str) -> TrainingData:
            os.environ["RAYSYS_CACHE"] = str(folder / who)
            return training_data(settings)

        def together(_: str) -> TrainingData:
            os.environ["RAYSYS_CACHE"] = str(folder / "shared")
            return training_data(settings)

        place: list[Path | None] = []
        # Compiling is no part of what is compared.
        denoise(np.arange(256, dtype=np.float32)[None].repeat(8, 0) / np.float32(255), by_table=True)
        apart = four("each for itself, four machines", alone)
        if large.is_large(settings):
            same(four("each for itself, one machine's cache", together), apart)
        os.environ["RAYSYS_CACHE"] = str(folder / "empty")
        once = four(
            "prepared once, mapped",
            lambda _: training_data(settings, place[0]),
            before=lambda: place.append(prepared(settings, folder / "storage")),
        )
        same(once, apart)
        kept = sum(part.stat().st_size for part in (folder / "storage").rglob("*") if part.is_file())
        print(f"  the same data; {kept / 1e6:,.0f} MB kept for {len(once.train):,} training tiles")


if __name__ == "__main__":
    main()
