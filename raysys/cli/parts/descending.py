"""Microstructures by descent on descriptors from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raysys.anneal.weights import weights_of
from raysys.cli.parts.exemplars import ReadExemplar
from raysys.cli.parts.terminal import by, facts, number, show, wrote
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    from raysys.spacing import Spacing
    from raysys.synthesis import DescriptorOrder, Synthesis

__all__ = ["descriptor_order", "write_structures"]


def descriptor_order(
    read: Sequence[ReadExemplar],
    descriptors: str,
    size: str,
    *,
    dims: int,
    r_max: int | None,
    seed: int,
    steps: int,
    threads: int | None,
) -> DescriptorOrder:
    """What structures are made by, from one binary image."""
    from raysys.synthesis import DescriptorOrder, DescriptorTarget

    if len(read) != 1 or read[0].kind != "binary":
        raise RaysysError(
            f"--descriptors of {len(read)} images, the first {read[0].kind}; allowed: one binary micrograph "
            "(raysys data segment)"
        )
    sides = whole_numbers(size)
    if sides is None or len(sides) not in (1, dims):
        raise RaysysError(f"--size {size}: allowed: one number, or {dims} of --dims {dims}")
    target = DescriptorTarget.of(read[0].image, weights_of(descriptors) or {}, r_max=r_max)
    return DescriptorOrder(target, sides * dims if len(sides) == 1 else sides, seed, steps, threads=threads or 1)


def write_structures(output: Path, made: Sequence[Synthesis], order: DescriptorOrder, spacing: Spacing | None) -> None:
    """Write all structures, and say how near they came."""
    import numpy as np

    from raysys.data import write_images

    images = np.stack([one.image for one in made])
    volumes = images.ndim == 4
    write_images(output, images, kind="binary", spacing=None if volumes else spacing)
    wrote(output, f"{len(made)} of {by(order.shape)} {'voxels' if volumes else 'pixels'}")
    losses = [float(one.losses[-1]) for one in made]
    rows = {"loss at the end": f"{number(min(losses))} to {number(max(losses))}"}
    rows["phase fraction"] = number(float(images.mean()))
    show(facts(f"{made[0].preset}", {**rows, "seconds": f"{sum(one.seconds for one in made):.1f}"}))
