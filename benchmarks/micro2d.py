"""Images like MICRO2D's: how fast they are drawn and read, on one core.

    python benchmarks/micro2d.py

Every class at 256 x 256 pixels, drawn alone and drawn and deflated as they lie in the file; from it follows the time of
a data set of MICRO2D's counts. Then shuffled batches of 64 are read from a file of 2,000 images by the loader, against
h5py's own indexing by lists of the same file, and against the layouts that it could have had. CPU time of one thread,
median. What is read is compared before it is timed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from timing import machine, one_thread, seconds, show

from raysys.data.micro2d import CLASSES, COUNTS, Micro2D, micro2d_like, synthesize
from raysys.data.micro2d.layout import Portion, draw, image_key

IMAGES, SIZE, BATCH = 60, 256, 64
LAYOUTS: dict[str, dict[str, object]] = {
    "as synthesize writes them": {"chunks": (1, SIZE, SIZE), "compression": "gzip", "compression_opts": 6},
    "deflated at level 1": {"chunks": (1, SIZE, SIZE), "compression": "gzip", "compression_opts": 1},
    "LZF": {"chunks": (1, SIZE, SIZE), "compression": "lzf"},
    "not compressed": {},
    "16 images a chunk, deflated": {"chunks": (16, SIZE, SIZE), "compression": "gzip", "compression_opts": 6},
}


def drawing() -> None:
    """Images per second of each class, and what the whole data set takes."""
    print(f"\ndrawing {IMAGES} images of {SIZE}^2")
    alone, whole = 0.0, 0.0
    for name in CLASSES:
        times = seconds(
            {
                "drawn": lambda name=name: micro2d_like(name, range(IMAGES), seed=0, size=SIZE),
                "deflated": lambda name=name: draw(Portion(name, 0, IMAGES, 0, SIZE)),
            },
            3,
        )
        size = sum(map(len, draw(Portion(name, 0, IMAGES, 0, SIZE)).chunks)) / IMAGES
        drawn, deflated = IMAGES / times["drawn"], IMAGES / times["deflated"]
        alone, whole = alone + COUNTS[name] / drawn, whole + COUNTS[name] / deflated
        print(f"  {name:20} {drawn:8.0f} images/s  deflated too {deflated:8.0f} images/s  {size:6.0f} bytes each")
    total = sum(COUNTS.values())
    print(f"  all {total:,} images: {alone:.0f} s drawn, {whole:.0f} s deflated too ({total / whole:.0f} images/s)")


def reading(folder: Path) -> None:
    """Shuffled batches, by the loader and by h5py, from several layouts."""
    path = synthesize(folder / "data.h5", dict.fromkeys(CLASSES, 200), seed=0, size=SIZE)
    data = Micro2D(path)
    everything = data[:]
    batches = np.random.default_rng(0).permutation(len(data))[: 8 * BATCH].reshape(-1, BATCH)
    work: dict[str, Callable[[], object]] = {}
    for number, (layout, options) in enumerate(LAYOUTS.items()):
        loader = Micro2D(stored(folder / f"{number}.h5", data, everything, options))
        np.testing.assert_array_equal(loader.images(batches[0]), everything[batches[0]])
        work[f"raysys, {layout}"] = lambda loader=loader: [loader.images(batch) for batch in batches]
    with h5py.File(path) as store:
        work["h5py, lists of rows, as synthesize writes them"] = lambda: [by_lists(store, data, one) for one in batches]
        np.testing.assert_array_equal(by_lists(store, data, batches[0]), everything[batches[0]])
        show(f"{batches.size} images in shuffled batches of {BATCH}", seconds(work, 5), batches.size)


def stored(path: Path, data: Micro2D, everything: np.ndarray, options: dict[str, object]) -> Path:
    """The same images with other chunks or compression."""
    with h5py.File(path, "w") as store:
        for number, name in enumerate(data.classes):
            store.create_dataset(image_key(name), data=everything[data.numbers == number], **options)
    return path


def by_lists(store: h5py.File, data: Micro2D, batch: np.ndarray) -> np.ndarray:
    """What one would write with h5py alone: a growing list of rows for each class."""
    images = np.empty((len(batch), SIZE, SIZE), np.uint8)
    for number in np.unique(data.numbers[batch]):
        places = np.flatnonzero(data.numbers[batch] == number)
        places = places[np.argsort(batch[places])]
        first = np.flatnonzero(data.numbers == number)[0]
        images[places] = store[image_key(data.classes[number])][list(batch[places] - first)]
    return images


def main() -> None:
    """Draw, then read."""
    one_thread()
    print(machine("raysys", "numpy", "scipy", "numba", "h5py"))
    drawing()
    with tempfile.TemporaryDirectory() as folder:
        reading(Path(folder))


if __name__ == "__main__":
    main()
