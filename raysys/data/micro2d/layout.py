"""MICRO2D's HDF5 layout: a group for each class C, in it the images `C`, their labels `C - labels`, and properties.

The layout is that of HDFStructure.png in github.com/arobertson38/MICRO2D. Images are stored one a chunk, deflated, so
that any batch of any order is read without unpacking what was not asked for.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from raysys.data.micro2d.generator import VERSION, micro2d_like
from raysys.files import written_aside

GENERATOR = "micro2d-like"
PROPERTIES = {"mechanical": "homogenized_mechanical", "thermal": "homogenized_thermal"}
DEFLATE = 6  # at 4 images are drawn a tenth faster, are a third larger, and are read a quarter more slowly


def image_key(name: str) -> str:
    """Where the images of a class are."""
    return f"{name}/{name}"


def label_key(name: str) -> str:
    """Where their labels are."""
    return f"{name}/{name} - labels"


def property_key(name: str, kind: str) -> str:
    """Where their "mechanical" or "thermal" properties are."""
    return f"{name}/{PROPERTIES[kind]}"


@dataclass(frozen=True)
class Portion:
    """Images `start` to `stop` - 1 of a class, to be drawn."""

    name: str
    start: int
    stop: int
    seed: int
    size: int


@dataclass(frozen=True)
class Block:
    """Those images as they lie in the file, deflated one by one, and their labels."""

    portion: Portion
    chunks: list[bytes]
    labels: list[str]


def draw(portion: Portion) -> Block:
    """Draw and deflate the images of a portion."""
    images, labels = micro2d_like(
        portion.name, range(portion.start, portion.stop), seed=portion.seed, size=portion.size
    )
    return Block(portion, [zlib.compress(image.tobytes(), DEFLATE) for image in images], labels)


def write(path: Path, counts: Mapping[str, int], blocks: Iterable[Block], *, seed: int, size: int) -> None:
    """Write blocks of all images of all classes, in any order; the file appears when it is complete."""
    with written_aside(path) as aside, h5py.File(aside, "w") as store:
        store.attrs.update(_provenance(seed, size))
        for name, count in counts.items():
            shape, chunk = (count, size, size), (1, size, size)
            options = {"chunks": chunk, "compression": "gzip", "compression_opts": DEFLATE}
            store.create_dataset(image_key(name), shape, np.uint8, **options)
            store.create_dataset(label_key(name), (count,), h5py.string_dtype())
        for block in blocks:
            _put(store, block)


def _provenance(seed: int, size: int) -> dict[str, object]:
    return {
        "source": "synthetic",
        "generator": GENERATOR,
        "generator_version": VERSION,
        "seed": seed,
        "size": size,
        "note": "An imitation of MICRO2D's classes by raysys, not made by its authors' method; 1 is the inclusions.",
    }


def _put(store: h5py.File, block: Block) -> None:
    portion = block.portion
    images = store[image_key(portion.name)]
    for index, chunk in enumerate(block.chunks, portion.start):
        images.id.write_direct_chunk((index, 0, 0), chunk)
    store[label_key(portion.name)][portion.start : portion.stop] = block.labels


def kept(block: Block, path: Path) -> None:
    """Keep a block as a file of its own."""
    lengths = np.array([len(chunk) for chunk in block.chunks])
    data = np.frombuffer(b"".join(block.chunks), np.uint8)
    labels = np.frombuffer(json.dumps(block.labels).encode(), np.uint8)
    with written_aside(path) as aside:
        np.savez(aside, lengths=lengths, data=data, labels=labels)


def found(portion: Portion, path: Path) -> Block:
    """The block that was kept."""
    with np.load(path, allow_pickle=False) as arrays:
        parts = np.split(arrays["data"], np.cumsum(arrays["lengths"])[:-1])
        return Block(portion, [part.tobytes() for part in parts], json.loads(arrays["labels"].tobytes()))
