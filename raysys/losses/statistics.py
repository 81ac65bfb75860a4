"""CESS: the error between spatial statistics of an image and those of its autoencoding.

The spatial statistics are the periodic two-point map S2 of `raysys.stats.differentiable.two_point_map`. No source gives
CESS as an equation. Reading A ("squared", the default) is the mean squared error of the two maps; reading B
("cross_entropy") takes their values for the probabilities that they are. What else is left open is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from raysys.errors import RaysysError
from raysys.losses.windows import box_window

Reading = Literal["squared", "cross_entropy"]
Reduction = Literal["mean", "sum"]
Window = int | Sequence[int] | Tensor | None

PROBABILITY_FLOOR = 1e-6  # the logarithm's argument in reading B stays this far from 0 and 1


def cess(
    output: Tensor,
    target: Tensor,
    *,
    reading: Reading = "squared",
    window: Window = None,
    reduction: Reduction = "mean",
    phase: Literal[0, 1] = 1,
    indicator_width: float | None = None,
) -> Tensor:
    """Error between the spatial statistics of a batch and those of its targets.

    Computed in float32 at least, also under autocast: half precision does not tell errors of 1e-6 from zero.

    Parameters
    ----------
    output
        (B, C, *spatial), pixel values taken for probabilities of phase 1; each channel has its own statistics.
    target
        Of the same shape; nothing flows back to it.
    reading
        "squared": mean of (S2(x) - S2(y))^2. "cross_entropy": see `map_error`.
    window
        Lags that count: all of them; the central box of so many lags a side (50: the published variant); or weights
        (*spatial) with zero lag at the centre, such as a `gaussian_window`.
    reduction
        "mean" over the lags, weighted by the window: the published weights make sense under this reduction; "sum" as in
        the code of arXiv:2402.11103.
    phase
        Whose statistics. With equal phase fractions both have the same error, otherwise an offset is added.
    indicator_width
        A pixel belongs to the phase h by exp(-(x - h)^2 / (2 width^2)); 0.25 in the code of arXiv:2402.11103. By
        default by its value, which unlike the exponential keeps its gradient everywhere.

    Returns
    -------
    Tensor
        Scalar, averaged over images and channels.

    Raises
    ------
    RaysysError
        If shapes differ, or an option is unknown.

    References
    ----------
    CESS supplement, sections 1.1 and 1.4; Hashemi et al. 2024, arXiv:2402.11103, section 2 (the precursor's loss).
    """
    _check(output, target, reading, reduction, phase)
    with torch.autocast(output.device.type, enabled=False):
        x, y = (_indicator(_at_least_float32(one).flatten(0, 1), phase, indicator_width) for one in (output, target))
        weights = window_weights(window, x)
        if reading == "squared":
            share = weights if reduction == "sum" or weights is None else weights / weights.sum()
            error: Tensor = _SquaredError.apply(x, y.detach(), share)  # type: ignore[no-untyped-call]
            whole = weights is None and reduction == "mean"
            return error / (math.prod(x.shape[1:]) if whole else 1) / len(x)
        found, wanted = (_TwoPointMap.apply(one) for one in (x, y.detach()))  # type: ignore[no-untyped-call]
        counted = _over_half_the_lags(weights, found, mean=reduction == "mean")
        half = counted.shape[-1]
        divergence: Tensor = _CoinsDivergence.apply(found[..., :half], wanted[..., :half])  # type: ignore[no-untyped-call]
        return (divergence * counted).sum() / len(x)


def map_error(
    found: Tensor,
    wanted: Tensor,
    *,
    reading: Reading = "squared",
    window: Window = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """CESS of maps that are there already: (M, *spatial) twice, zero lag at the centre -> scalar.

    Reading "cross_entropy" is -(S log R + (1 - S) log(1 - R)) less its least value, the entropy of S, with S the
    wanted and R the found map, both kept within [1e-6, 1 - 1e-6]: the divergence of two coins, zero where S = R.

    Parameters
    ----------
    found, wanted
        Of `two_point_map`.
    reading, window, reduction
        As of `cess`.
    """
    errors = (found - wanted).square() if reading == "squared" else _CoinsDivergence.apply(found, wanted)  # type: ignore[no-untyped-call]
    weights = window_weights(window, found)
    if weights is not None:
        errors = errors * (weights / weights.sum() if reduction == "mean" else weights)
        return errors.flatten(1).sum(1).mean()
    each = errors.flatten(1)
    return (each.mean(1) if reduction == "mean" else each.sum(1)).mean()


def window_weights(window: Window, maps: Tensor) -> Tensor | None:
    """The window as weights (*spatial) beside the maps (M, *spatial); None where all lags count alike."""
    if window is None:
        return None
    weights = window if isinstance(window, Tensor) else box_window(maps.shape[1:], window)
    if weights.shape != maps.shape[1:]:
        raise RaysysError(f"the window has shape {tuple(weights.shape)}; the maps have {tuple(maps.shape[1:])}")
    return weights.to(maps)


class _TwoPointMap(torch.autograd.Function):
    """`raysys.stats.differentiable.two_point_map` with zero lag first, and with real transforms in both directions.

    The gradient with respect to x is 2 / n F^-1(F(x) Re F(g)), g that with respect to S2; torch's own differentiation
    takes complex transforms for it, at three times the time.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        axes, ctx.shape = tuple(range(1, x.ndim)), x.shape[1:]
        spectrum = torch.fft.rfftn(x, dim=axes)
        ctx.save_for_backward(spectrum)
        found: Tensor = torch.fft.irfftn(_power(spectrum), s=ctx.shape, dim=axes)
        return found.div_(math.prod(ctx.shape))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (spectrum,) = ctx.saved_tensors
        axes = tuple(range(1, spectrum.ndim))
        filtered = spectrum * torch.fft.rfftn(gradient, dim=axes).real
        back: Tensor = torch.fft.irfftn(filtered, s=ctx.shape, dim=axes)
        return back.mul_(2 / math.prod(ctx.shape))


class _SquaredError(torch.autograd.Function):
    """Weighted sum over lags, and sum over images, of squared differences of S2.

    One map of differences serves both images, and where all lags count alike none is needed: by Parseval the sum over
    lags is one over frequencies.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, weights: Tensor | None) -> Tensor:
        shape, axes = x.shape[1:], tuple(range(1, x.ndim))
        n, spectrum = math.prod(shape), torch.fft.rfftn(x, dim=axes)
        power = _power(spectrum).sub_(_power(torch.fft.rfftn(y, dim=axes)))
        if weights is None:
            ctx.save_for_backward(spectrum, power)
            ctx.shape, ctx.scale = shape, 4 / n**2
            return _over_all_frequencies(power.div(n), shape[-1]) / n
        differences = torch.fft.irfftn(power, s=shape, dim=axes).div_(n)
        weighted = differences * torch.fft.ifftshift(weights)
        ctx.save_for_backward(spectrum, torch.fft.rfftn(weighted, dim=axes).real)
        ctx.shape, ctx.scale = shape, 4 / n
        return torch.vdot(weighted.flatten(), differences.flatten())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None, None]:
        spectrum, filtering = ctx.saved_tensors
        axes = tuple(range(1, spectrum.ndim))
        back = torch.fft.irfftn(spectrum * filtering, s=ctx.shape, dim=axes)
        return back.mul_(gradient * ctx.scale), None, None


def _over_all_frequencies(power: Tensor, last: int) -> Tensor:
    """Sum of squares over the whole spectrum, of which the last axis holds a half: the other one mirrors it."""
    once = power[..., :1].square().sum()
    if last % 2 == 0 and last > 1:
        once = once + power[..., -1:].square().sum()
    return 2 * torch.vdot(power.flatten(), power.flatten()) - once


def _power(spectrum: Tensor) -> Tensor:
    """|F|^2 from its parts: the gradient of a magnitude is not defined where F = 0."""
    return spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)


class _CoinsDivergence(torch.autograd.Function):
    """S log(S / R) + (1 - S) log((1 - S) / (1 - R)), value by value: the cross-entropy less the entropy of S.

    Logarithms of ratios, not differences of logarithms: half as many, and no digits are lost where R is nearly S.
    """

    @staticmethod
    def forward(ctx: Any, found: Tensor, wanted: Tensor) -> Tensor:
        R, S = (one.clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR) for one in (found, wanted))
        not_R, not_S = 1 - R, 1 - S
        ctx.save_for_backward(((R - S) / (R * not_R)).mul_(found == R))
        error: Tensor = (S / R).log_().mul_(S).addcmul_((not_S / not_R).log_(), not_S)
        return error

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return gradient * slope, None


def _over_half_the_lags(weights: Tensor | None, maps: Tensor, *, mean: bool) -> Tensor:
    """Weights of the lags in the first half of the last axis, zero lag first: a lag and its opposite have one value."""
    last = maps.shape[-1]
    twice = torch.full((last // 2 + 1,), 2.0).to(maps)
    twice[0] = 1
    if last % 2 == 0:
        twice[-1] = 1
    if weights is None:
        counted = twice.expand(*maps.shape[1:-1], len(twice))
        return counted / math.prod(maps.shape[1:]) if mean else counted
    lags = torch.fft.ifftshift(weights)
    opposite = lags.flip(tuple(range(lags.dim()))).roll((1,) * lags.dim(), tuple(range(lags.dim())))
    counted = (lags + opposite)[..., : len(twice)] * (twice / 2)
    return counted / weights.sum() if mean else counted


def _indicator(x: Tensor, phase: int, width: float | None) -> Tensor:
    if width is None:
        return x if phase == 1 else 1 - x
    return torch.exp(-(x - phase).square() / (2 * width**2))


def _at_least_float32(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _check(output: Tensor, target: Tensor, reading: str, reduction: str, phase: int) -> None:
    if output.shape != target.shape or output.ndim < 3 or output.numel() == 0:
        raise RaysysError(
            f"output and target have shapes {tuple(output.shape)} and {tuple(target.shape)}; "
            "allowed: the same (B, C, *spatial) twice"
        )
    for name, value, allowed in (
        ("reading", reading, ("squared", "cross_entropy")),
        ("reduction", reduction, ("mean", "sum")),
        ("phase", phase, (0, 1)),
    ):
        if value not in allowed:
            raise RaysysError(f"{name} is {value!r}; allowed: {', '.join(map(repr, allowed))}")
