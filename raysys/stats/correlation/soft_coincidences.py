"""Soft images multiplied by shifted copies of themselves, with a gradient that keeps no products."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Of one figure: where in the images each of its vertices is found, for all positions of the figure.
Windows = list[tuple[slice, ...]]


def coincidences(images: Tensor, figures: list[Windows]) -> Tensor:
    """Mean over all positions of the product of the vertices' pixels.

    Parameters
    ----------
    images
        (N, *spatial), float.
    figures
        K of them, each the windows of its vertices, all of one shape.

    Returns
    -------
    Tensor
        (N, K); first derivatives only.
    """
    return _Coincidences.apply(images, figures)  # type: ignore[no-untyped-call]


class _Coincidences(torch.autograd.Function):
    """By itself autograd would keep every product (a gigabyte for 32 images of 128^2 and one hexagon of 64 edges), and
    fill a whole image with zeros for every window."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, figures: list[Windows]) -> Tensor:
        ctx.save_for_backward(images)
        ctx.figures = figures
        products = (reduce(torch.mul, (images[window] for window in windows)) for windows in figures)
        return torch.stack([product.flatten(1).mean(1) for product in products], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (images,) = ctx.saved_tensors
        total = torch.zeros_like(images)
        for along, windows in zip(gradient.unbind(1), ctx.figures, strict=True):
            vertices = [images[window] for window in windows]
            # Each vertex has the product of all others for its derivative: of those before it, and those after it.
            after = [torch.ones_like(vertices[-1])]
            for vertex in vertices[:0:-1]:
                after.append(after[-1] * vertex)
            before = (along / vertices[0][0].numel()).reshape(-1, *(1,) * (images.ndim - 1)).expand_as(vertices[0])
            for window, vertex, rest in zip(windows, vertices, reversed(after), strict=True):
                total[window].addcmul_(before, rest)
                before = before * vertex
        return total, None
