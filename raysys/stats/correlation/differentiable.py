"""Correlation functions of soft images in torch: differentiable, batched, on the device of the images.

Of images of 0 and 1 they are the exact functions of `raysys.stats`. In between, pixels multiply as independent
probabilities do; at r = 0, where the vertices of a figure meet in one pixel, that makes the mean of x^n, not of x.
Reached as `from raysys.stats import differentiable`, since `raysys.stats` itself does without torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.stats.correlation.pair_counts import lengths_of, positions
from raysys.stats.correlation.polytope import (
    Apex,
    OddEdges,
    Placed,
    Rounding,
    check_options,
    normals_of,
    placed_figures,
)
from raysys.stats.correlation.radial import Bins, Weights, edges_of, rings_of
from raysys.stats.correlation.scaled import ORDER, Variant, order
from raysys.stats.correlation.soft_coincidences import Windows, coincidences
from raysys.stats.curve import Boundary
from raysys.stats.phases import largest_lag

__all__ = [
    "lineal_path",
    "phase_fraction",
    "polytope",
    "scaled_autocovariance",
    "two_point_lines",
    "two_point_map",
    "two_point_radial",
]

Options = ParamSpec("Options")


def _of_soft_images(
    measure: Callable[Concatenate[Tensor, Options], Tensor],
) -> Callable[Concatenate[Tensor, Options], Tensor]:
    """Check the images, and measure them in float32 at least, also under autocast: half cannot tell 1e-6 from 0."""

    @wraps(measure)
    def measured(x: Tensor, /, *args: Options.args, **kwargs: Options.kwargs) -> Tensor:
        if x.ndim not in (3, 4) or x.numel() == 0 or not x.is_floating_point():
            raise RaysysError(
                f"images are {x.dtype} of shape {tuple(x.shape)}; allowed: float tensors (N, H, W) or (N, D, H, W), "
                "channels one by one (x[:, 0])"
            )
        with torch.autocast(x.device.type, enabled=False):
            return measure(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x, *args, **kwargs)

    return measured


@_of_soft_images
def phase_fraction(x: Tensor) -> Tensor:
    """Phase fraction (N,) of soft images (N, *spatial)."""
    return x.flatten(1).mean(1)


@_of_soft_images
def two_point_map(x: Tensor) -> Tensor:
    """Periodic two-point correlation at every lag vector.

    Parameters
    ----------
    x
        Soft images (N, H, W) or (N, D, H, W), float.

    Returns
    -------
    Tensor
        (N, *spatial), zero lag at the centre, as of `raysys.stats.autocorrelation`.

    Raises
    ------
    RaysysError
        If the images are not as said.
    """
    axes = tuple(range(1, x.ndim))
    return torch.fft.fftshift(_pairs(x, x.shape[1:]), dim=axes) / math.prod(x.shape[1:])


@_of_soft_images
def two_point_lines(
    x: Tensor, r_max: int | None = None, *, boundary: Boundary = "open", axis: int | None = None
) -> Tensor:
    """Two-point correlation (N, R) along the axes, averaged over them; as `raysys.stats.two_point`.

    Parameters
    ----------
    x
        Soft images (N, H, W) or (N, D, H, W), float.
    r_max
        Largest lag, pixels; half the shortest axis less one by default.
    boundary
        "open" or "periodic".
    axis
        Along this axis of an image only.
    """
    r_max = _largest(x, r_max, boundary)
    along = range(x.ndim - 1) if axis is None else (axis,)
    return torch.stack([_two_point_along(x, one, r_max, boundary) for one in along]).mean(0)


@_of_soft_images
def two_point_radial(
    x: Tensor,
    r_max: int | None = None,
    *,
    boundary: Boundary = "open",
    bins: Bins = "integer",
    weights: Weights = "pairs",
) -> Tensor:
    """Two-point correlation (N, R) averaged over all directions; as `raysys.stats.two_point_radial`.

    Parameters
    ----------
    x
        Soft images (N, H, W) or (N, D, H, W), float.
    r_max, boundary, bins, weights
        As for `raysys.stats.two_point_radial`.
    """
    shape = tuple(x.shape[1:])
    _allowed("boundary", boundary, ("open", "periodic"))
    _allowed("weights", weights, ("pairs", "lags"))
    edges = edges_of(bins, r_max, shape, boundary)
    rings = rings_of(shape, edges, boundary)
    lengths = lengths_of(shape, rings.lags, boundary)
    pairs = _pairs(x, lengths)
    for axis, (lags, length) in enumerate(zip(rings.lags, lengths, strict=True), start=1):
        pairs = pairs.index_select(axis, torch.as_tensor(lags % length, device=x.device))
    numbers, share, whole = _ring_weights(shape, edges, boundary, weights, x.dtype, x.device)
    sums = x.new_zeros(len(x), rings.n + 1).index_add(1, numbers, pairs.flatten(1) * share)
    return (sums[:, :-1] / whole.clamp(min=1)).masked_fill(whole == 0, math.nan)


@_of_soft_images
def polytope(
    x: Tensor,
    kind: str,
    r_max: int | None = None,
    *,
    boundary: Boundary = "open",
    plane: int | None = None,
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
) -> Tensor:
    """n-point polytope function (N, R); as `raysys.stats.polytope`, NaN where that has no value.

    Parameters
    ----------
    x
        Soft images (N, H, W) or (N, D, H, W), float.
    kind, r_max, boundary, plane, rounding, apex, odd_edges
        As for `raysys.stats.polytope`.
    """
    check_options(kind, rounding, apex, odd_edges)
    normals = normals_of(x.ndim - 1, plane)
    r_max = _largest(x, r_max, boundary)
    if kind == "P2":
        axes = [axis for axis in range(x.ndim - 1) if axis != plane]
        return torch.stack([_two_point_along(x, axis, r_max, boundary) for axis in axes]).mean(0)
    functions = []
    for normal in normals:
        sections = x.movedim(normal + 1, 1) if x.ndim == 4 else x.unsqueeze(1)
        shape = (sections.shape[2], sections.shape[3])
        # Periodic sections beside and below themselves: every shift is a window of them.
        source = sections.repeat(1, 1, 2, 2) if boundary == "periodic" else sections
        for placed in placed_figures(kind, rounding, apex, odd_edges, shape, r_max, boundary):
            edges = torch.as_tensor(placed.edges, device=x.device)
            values = x.new_full((len(x), r_max + 1), math.nan)
            functions.append(values.index_copy(1, edges, coincidences(source, _windows(placed))))
    return torch.stack(functions).mean(0)


@_of_soft_images
def lineal_path(x: Tensor, r_max: int | None = None, *, boundary: Boundary = "open", axis: int | None = None) -> Tensor:
    """Lineal path (N, R) along the axes, averaged over them; as `raysys.stats.lineal_path`.

    Parameters
    ----------
    x
        Soft images (N, H, W) or (N, D, H, W), float.
    r_max, boundary, axis
        As for `two_point_lines`.
    """
    r_max = _largest(x, r_max, boundary)
    functions = []
    for along in range(1, x.ndim) if axis is None else (axis + 1,):
        length, periodic = x.shape[along], boundary == "periodic"
        source = torch.cat([x, x.narrow(along, 0, r_max)], along) if periodic else x
        path, lags = x, [phase_fraction(x)]
        for r in range(1, r_max + 1):
            rest = length if periodic else length - r
            path = path.narrow(along, 0, rest) * source.narrow(along, r, rest)
            lags.append(phase_fraction(path))
        functions.append(torch.stack(lags, 1))
    return torch.stack(functions).mean(0)


def scaled_autocovariance(values: Tensor, name: str, *, variant: Variant = "ensemble") -> Tensor:
    """Fn(r) = (Pn(r) - phi^n) / (phi - phi^n); as `raysys.stats.scaled_autocovariance`.

    Parameters
    ----------
    values
        (N, R) of S2 or a polytope function, from r = 0 on, the value that is taken for phi.
    name
        Of the function: "S2", "P3H", ...
    variant
        As for `raysys.stats.scaled_autocovariance`.

    Returns
    -------
    Tensor
        (N, R); NaN where the phase is absent or everywhere.

    Raises
    ------
    RaysysError
        For a descriptor that has no such scaling, or an unknown variant.
    """
    n = order(name)
    if n is None:
        raise RaysysError(f"{name} has no scaled autocovariance; allowed: {', '.join(ORDER)}")
    _allowed("variant", variant, ("ensemble", "per_image", "last"))
    # What is not sampled stays out of the arithmetic: its gradient, NaN times 0, would spread to what is.
    unsampled = values.isnan()
    known = values.masked_fill(unsampled, 0)
    phi = known[:, :1]
    if variant == "ensemble":
        phi = phi.mean(0, keepdim=True)
    floor = phi**n
    if variant == "last" and n > 2:
        floor = known[:, torch.nonzero(~unsampled.all(0))[-1]]
    spread = phi - floor
    scaled = (known - floor) / torch.where(spread > 0, spread, 1)
    return scaled.masked_fill(unsampled | (spread <= 0), math.nan)


def _power(spectrum: Tensor) -> Tensor:
    """|F|^2 from its parts: the gradient of a magnitude is not defined where F = 0."""
    return spectrum.real.square() + spectrum.imag.square()


def _pairs(x: Tensor, lengths: Sequence[int]) -> Tensor:
    """Sums (N, *lengths) over all pixels of x(p) x(p + lag), images padded with zeros to lengths."""
    axes = tuple(range(1, x.ndim))
    return torch.fft.irfftn(_power(torch.fft.rfftn(x, s=tuple(lengths), dim=axes)), s=tuple(lengths), dim=axes)


def _two_point_along(x: Tensor, axis: int, r_max: int, boundary: Boundary) -> Tensor:
    """(N, R) along one axis; the power of all lines is summed before it is transformed back."""
    along, lags = x.movedim(axis + 1, -1).flatten(1, -2), np.arange(r_max + 1)
    length = along.shape[-1]
    (padded,) = lengths_of((length,), [lags], boundary)
    pairs = torch.fft.irfft(_power(torch.fft.rfft(along, padded)).sum(1), padded)[:, : r_max + 1]
    rooms = positions((length,), [lags], boundary) * along.shape[1]
    return pairs / torch.as_tensor(rooms, dtype=x.dtype, device=x.device)


# Of the few that a training loop asks for at every step.
@lru_cache(maxsize=8)
def _ring_weights(
    shape: tuple[int, ...],
    edges: tuple[float, ...],
    boundary: Boundary,
    weights: Weights,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[Tensor, Tensor, Tensor]:
    """Ring (L,) of every lag vector, its weight per pair (L,), and the weight (R,) of all in a ring."""
    rings = rings_of(shape, edges, boundary)
    everything = slice(None)
    numbers, (whole, share) = rings.numbers(everything).ravel(), rings.weights(everything, weights)
    total = np.bincount(numbers, whole.ravel(), rings.n + 1)[:-1]
    # Kept for later, they must not be tensors of the inference mode that may be on just now.
    with torch.inference_mode(False):
        return (
            torch.as_tensor(numbers, device=device),
            torch.as_tensor(share.ravel(), dtype=dtype, device=device),
            torch.as_tensor(total, dtype=dtype, device=device),
        )


def _windows(placed: Placed) -> list[Windows]:
    """Where the vertices of each figure are found in sections (N, S, rows, columns), for all its positions."""
    return [
        [(slice(None), slice(None), *map(slice, vertex, vertex + extent)) for vertex in offsets]
        for offsets, extent in zip(placed.offsets, placed.extents, strict=True)
    ]


def _largest(x: Tensor, r_max: int | None, boundary: Boundary) -> int:
    _allowed("boundary", boundary, ("open", "periodic"))
    return largest_lag(tuple(x.shape[1:]), r_max)


def _allowed(option: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise RaysysError(f"{option} is {value!r}; allowed: {', '.join(allowed)}")
