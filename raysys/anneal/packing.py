"""What is kept of chains, in few bytes: label images as bits, and results many to a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from raysys.anneal.reconstruction import History, Reconstruction

__all__ = ["pack", "pack_results", "unpack", "unpack_results"]

SCALARS = ("chain", "energy", "swaps", "seconds")  # of a result, beside its image and its history


def pack(labels: np.ndarray, phases: int) -> np.ndarray:
    """(planes, bytes) uint8 of labels 0..phases-1 of any shape: one plane for each bit that a label needs."""
    planes = max(1, (phases - 1).bit_length())
    flat = np.asarray(labels, np.uint8).ravel()
    return np.stack([np.packbits((flat >> plane) & 1) for plane in range(planes)])


def unpack(bits: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Labels uint8 of `shape`, from what `pack` made of them."""
    labels = np.zeros(math.prod(shape), np.uint8)
    for plane, row in enumerate(bits):
        labels |= np.unpackbits(row, count=labels.size) << plane
    return labels.reshape(shape)


def pack_results(results: Sequence[Reconstruction]) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """A row for each result, and arrays.

    "images" is (results, H, W) or (results, D, H, W); "histories" (4, stages of all) float64 has the four columns of
    `History`, chain after chain: each row says how many "stages" of them are its own.
    """
    rows = [
        {name: getattr(result, name) for name in SCALARS} | {"stages": len(result.history.energy)} for result in results
    ]
    histories = [np.stack(list(vars(result.history).values())) for result in results]
    images = np.stack([result.image for result in results])
    return rows, {"images": images, "histories": np.concatenate(histories, axis=1)}


def unpack_results(
    rows: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray], shared: Mapping[str, Any]
) -> list[Reconstruction]:
    """The results that were packed; `shared` holds those of their fields that are the same for all."""
    ends = np.cumsum([row["stages"] for row in rows])[:-1]
    histories = np.split(arrays["histories"], ends, axis=1)
    return [
        Reconstruction(image=image, history=History(*history), **{name: row[name] for name in SCALARS}, **shared)
        for row, image, history in zip(rows, arrays["images"], histories, strict=True)
    ]
