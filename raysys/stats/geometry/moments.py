"""Sums over each labelled part of an image: its moments, its boundary, and how it continues across periodic edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from raysys.stats.curve import Boundary
from raysys.stats.labelling import Connectivity, add_run, labelled, measured_parts

# Columns of moments after the count: first ones per axis, then second ones; flat images are volumes of one slice.
FIRST = (1, 2, 3)
SECOND = {(0, 0): 4, (1, 1): 5, (2, 2): 6, (0, 1): 7, (0, 2): 8, (1, 2): 9}


@dataclass(frozen=True)
class Sums:
    """Integer sums over P connected parts, in the order of their first pixels.

    Attributes
    ----------
    moments
        (P, 10) int64: pixels, sums of (z, y, x), (zz, yy, xx), (zy, zx, yx). Parts across a periodic edge are whole:
        their coordinates go on beyond it.
    crossings
        (P, K) int64: pixels whose neighbour against each of the `directions` is outside of the part.
    touches_edge
        (P,) bool: holds a pixel at the edge of an open image, or at that of a mask; False in whole periodic ones.
    endless
        (P,) bool: goes on for ever through periodic images, so that it has no centre and no shape.
    """

    moments: np.ndarray
    crossings: np.ndarray
    touches_edge: np.ndarray
    endless: np.ndarray


def directions(dims: int) -> np.ndarray:
    """Half of the neighbours of a pixel as steps (K, 3), all backwards: 4 in flat images, 13 in volumes."""
    steps: np.ndarray = np.array(list(np.ndindex(3, 3, 3))[:13]) - 1
    return steps[steps[:, 0] == 0][::-1] if dims == 2 else steps[::-1]


def sums_of(inside: np.ndarray, connectivity: Connectivity, boundary: Boundary, rim: np.ndarray | None = None) -> Sums:
    """Sums over the connected parts of one bool image (H, W) or (D, H, W); a rim is an edge that parts may touch."""
    labels, count = labelled(inside, connectivity, "open")
    volume = labels.reshape((1,) * (3 - inside.ndim) + labels.shape)
    moments = np.zeros((count + 1, 10), np.int64)
    _add_moments(volume, moments)
    steps, endless = directions(inside.ndim), np.zeros(count + 1, bool)
    if boundary == "periodic":
        joins = steps if connectivity == "all" else steps[np.abs(steps).sum(axis=1) == 1]
        group, offsets, endless = _joined_across(volume, joins, count)
        volume, moments = group[volume], _merged(moments, group, offsets * np.array(volume.shape))
    touches_edge = np.zeros(len(moments), bool)
    if boundary == "open":
        for axis in range(labels.ndim):
            touches_edge[labels.take([0, -1], axis)] = True
    if rim is not None:
        touches_edge[volume[rim.reshape(volume.shape)]] = True
    crossings = np.zeros((len(moments), len(steps)), np.int64)
    padded = _padded(volume, boundary)
    strides = np.array(padded.strides) // padded.itemsize
    _add_crossings(padded.reshape(-1), np.array(volume.shape), strides, steps @ strides, crossings)
    return Sums(moments[1:], crossings[1:], touches_edge[1:], endless[1:])


def sums_without_boundaries(words: np.ndarray, width: int, connectivity: Connectivity, dims: int) -> Sums:
    """Sums over the connected parts of an open image, packed slices (D, H, words); crossings are not counted."""
    moments, touched = measured_parts(words, width, connectivity, dims)
    crossings = np.zeros((len(moments), len(directions(dims))), np.int64)
    at_edge = np.asarray(touched[:, 3 - dims :].any(axis=(1, 2)))
    return Sums(moments, crossings, at_edge, np.zeros(len(moments), bool))


def sums_of_labels(labels: np.ndarray, count: int) -> Sums:
    """Sums over the labels 1 to `count` of one open image (H, W) or (D, H, W), each of which is one part."""
    volume = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)
    moments, steps = np.zeros((count + 1, 10), np.int64), directions(labels.ndim)
    _add_moments(volume, moments)
    touches_edge, crossings = np.zeros(count + 1, bool), np.zeros((count + 1, len(steps)), np.int64)
    for axis in range(labels.ndim):
        touches_edge[labels.take([0, -1], axis)] = True
    padded = _padded(volume, "open")
    strides = np.array(padded.strides) // padded.itemsize
    _add_crossings(padded.reshape(-1), np.array(volume.shape), strides, steps @ strides, crossings)
    return Sums(moments[1:], crossings[1:], touches_edge[1:], np.zeros(count, bool))


def rim_of(mask: np.ndarray, boundary: Boundary, connectivity: Connectivity) -> np.ndarray:
    """Where a mask (H, W) or (D, H, W) ends: its pixels beside one that is not in it."""
    volume = mask.reshape((1,) * (3 - mask.ndim) + mask.shape)
    padded = _padded(volume, boundary) if boundary == "periodic" else np.pad(volume, 1, constant_values=True)
    rim = np.zeros(volume.shape, bool)
    for step in directions(mask.ndim):
        if connectivity == "all" or np.abs(step).sum() == 1:
            for sign in (1, -1):
                moved = [slice(1 + sign * k, 1 + sign * k + n) for k, n in zip(step, volume.shape, strict=True)]
                rim |= ~padded[tuple(moved)]
    return np.asarray(rim.reshape(mask.shape) & mask)


def _padded(volume: np.ndarray, boundary: Boundary) -> np.ndarray:
    """Labels with a rim of one pixel: outside of open images, the opposite edge of periodic ones."""
    padded = np.zeros(tuple(side + 2 for side in volume.shape), volume.dtype)
    padded[1:-1, 1:-1, 1:-1] = volume
    if boundary == "periodic":
        for axis in range(3):
            along = np.moveaxis(padded, axis, 0)
            along[0], along[-1] = along[-2], along[1]
    return padded


def _merged(moments: np.ndarray, group: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Moments of groups of parts, each moved by a whole number of pixels first."""
    moved, n = moments.copy(), moments[:, 0]
    for axis, column in enumerate(FIRST):
        moved[:, column] += n * shift[:, axis]
    for (i, j), column in SECOND.items():
        one, two = moments[:, FIRST[i]], moments[:, FIRST[j]]
        moved[:, column] += shift[:, i] * two + shift[:, j] * one + n * shift[:, i] * shift[:, j]
    merged = np.zeros((group.max() + 1, moments.shape[1]), np.int64)
    np.add.at(merged, group, moved)
    return merged


@njit(cache=True, nogil=True)
def _add_moments(labels: np.ndarray, moments: np.ndarray) -> None:
    """Add every run of a label along a row to its moments."""
    depth, height, width = labels.shape
    for z in range(depth):
        for y in range(height):
            start = 0
            while start < width:
                label = labels[z, y, start]
                end = start + 1
                while end < width and labels[z, y, end] == label:
                    end += 1
                if label:
                    add_run(moments[label], z, y, start, end)
                start = end


@njit(cache=True, nogil=True)
def _add_crossings(
    labels: np.ndarray, shape: np.ndarray, strides: np.ndarray, steps: np.ndarray, crossings: np.ndarray
) -> None:
    """Count, for every label and step, its pixels whose neighbour there has another label; `labels` are padded."""
    for z in range(shape[0]):
        for y in range(shape[1]):
            row = (z + 1) * strides[0] + (y + 1) * strides[1] + 1
            start, stop = row, row + shape[2]
            while start < stop:
                label = labels[start]
                end = start + 1
                while end < stop and labels[end] == label:
                    end += 1
                if label:
                    for k in range(len(steps)):
                        count, step = 0, steps[k]
                        for i in range(start, end):
                            count += labels[i + step] != label
                        crossings[label, k] += count
                start = end


@njit(cache=True, nogil=True)
def _joined_across(labels: np.ndarray, steps: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join the parts of an open image that meet across its edges.

    A union-find whose links carry offsets: each part knows by how many images it is moved from the first of its group.
    Two parts that meet again with another offset close a loop around the torus, so their group is endless.

    Returns
    -------
    group (count + 1,), in the order of labels; offset of each label (count + 1, 3), in images; endless (groups + 1,)
    """
    parent, offset, loop = np.arange(count + 1), np.zeros((count + 1, 3), np.int64), np.zeros(count + 1, np.bool_)
    depth, height, width = labels.shape
    wraps_slices = steps[:, 0].any()
    for z in range(depth):
        for y in range(height):
            inner = 0 < y < height - 1 and (0 < z < depth - 1 or not wraps_slices)
            for x in range(0, width, max(1, width - 1) if inner else 1):
                if labels[z, y, x] == 0:
                    continue
                for k in range(len(steps)):
                    v, u, t = z + steps[k, 0], y + steps[k, 1], x + steps[k, 2]
                    across = (v // depth, u // height, t // width)
                    if across != (0, 0, 0):
                        other = labels[v % depth, u % height, t % width]
                        if other:
                            _join(parent, offset, loop, labels[z, y, x], other, across)
    group, groups = np.zeros(count + 1, np.int32), 0
    endless = np.zeros(count + 1, np.bool_)
    for label in range(1, count + 1):
        root, moved = _root(parent, offset, label)
        parent[label], offset[label] = root, moved
        if root == label:  # the smallest of its group, so the first to come by
            groups += 1
            group[label] = groups
            endless[groups] = loop[root]
        group[label] = group[root]
    return group, offset, endless[: groups + 1]


@njit(cache=True, nogil=True)
def _join(
    parent: np.ndarray, offset: np.ndarray, loop: np.ndarray, one: int, two: int, across: tuple[int, int, int]
) -> None:
    """Let part `two`, moved by `across` images, belong to part `one`."""
    a, from_a = _root(parent, offset, one)
    b, from_b = _root(parent, offset, two)
    if a == b:
        for axis in range(3):
            loop[a] |= from_a[axis] + across[axis] != from_b[axis]
        return
    low, high, sign = (a, b, 1) if a < b else (b, a, -1)
    parent[high] = low
    loop[low] |= loop[high]
    for axis in range(3):
        offset[high, axis] = sign * (from_a[axis] + across[axis] - from_b[axis])


@njit(cache=True, nogil=True)
def _root(parent: np.ndarray, offset: np.ndarray, label: int) -> tuple[int, np.ndarray]:
    """First label of the group and the offset from it; paths are halved on the way."""
    moved = np.zeros(3, np.int64)
    while parent[label] != label:
        above = parent[label]
        offset[label] += offset[above]
        parent[label] = parent[above]
        moved += offset[label]
        label = parent[label]
    return label, moved
