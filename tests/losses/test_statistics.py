"""CESS against maps, brute force and Parseval; what it cannot see; its windows."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from raysys.errors import RaysysError
from raysys.losses import GrowingRadius, box_window, cess, gaussian_window, map_error
from raysys.stats import autocorrelation, differentiable

SHAPES = ((6, 8), (5, 7), (8, 5), (1, 6), (6, 1), (4, 5, 6))


def batch(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def binary(*shape: int, seed: int = 0) -> torch.Tensor:
    return (batch(*shape, seed=seed) > 0.6).double()


@given(shape=st.tuples(st.integers(1, 9), st.integers(1, 9)), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_it_is_the_mean_squared_difference_of_counted_maps(shape: tuple[int, int], seed: int):
    x, y = binary(2, 1, *shape, seed=seed), binary(2, 1, *shape, seed=seed + 1)
    maps = [autocorrelation(one[:, 0].numpy().astype(np.uint8)) for one in (x, y)]
    assert cess(x, y).item() == pytest.approx(np.mean((maps[0] - maps[1]) ** 2), abs=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("windowed", ["all", "box", "gaussian"])
def test_value_and_gradient_are_those_of_the_differentiable_maps(shape: tuple[int, ...], reduction: str, windowed: str):
    half = tuple(max(1, side // 2) for side in shape)
    window = {"all": None, "box": half, "gaussian": gaussian_window(shape, 1.5)}[windowed]
    x, y = batch(3, 1, *shape).requires_grad_(), batch(3, 1, *shape, seed=1)
    fast = cess(x, y, window=window, reduction=reduction)
    maps = [differentiable.two_point_map(one[:, 0]) for one in (x, y)]
    plain = map_error(*maps, window=window, reduction=reduction)
    assert fast.item() == pytest.approx(plain.item(), rel=1e-12)
    gradients = [torch.autograd.grad(one, x)[0] for one in (fast, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"window": 3}, {"phase": 0}, {"indicator_width": 0.25}, {"reduction": "sum"}])
def test_the_gradient_is_that_of_finite_differences(options: dict):
    x, y = batch(2, 2, 5, 6).requires_grad_(), batch(2, 2, 5, 6, seed=1)
    assert torch.autograd.gradcheck(lambda one: 1e3 * cess(one, y, **options), x)
    assert torch.autograd.gradcheck(lambda one: 1e3 * cess(one, y, reading="cross_entropy", **options), x)


def test_lags_and_frequencies_agree_with_parseval():
    x, y, n = binary(1, 1, 16, 16), binary(1, 1, 16, 16, seed=1), 256
    power = [torch.fft.fft2(one).abs().square() for one in (x, y)]
    assert cess(x, y).item() == pytest.approx((power[0] - power[1]).square().sum().item() / n**4, rel=1e-12)


@pytest.mark.parametrize("reading", ["squared", "cross_entropy"])
@pytest.mark.parametrize("window", [None, 9])
def test_it_is_blind_to_shifts_and_point_reflection_and_to_nothing_else_here(reading: str, window: int | None):
    x = binary(2, 1, 32, 32)
    moved = x.roll((5, -11), (2, 3))
    twin = moved.flip(2, 3)
    assert (x - twin).square().mean() > 0.3
    for same in (x, moved, twin):
        assert abs(cess(x, same, reading=reading, window=window).item()) < 1e-16
    assert cess(x, x.transpose(2, 3), reading=reading, window=window) > 1e-6


def test_the_phases_have_the_same_error_where_their_fractions_are_equal():
    x, y = batch(1, 1, 16, 16), batch(1, 1, 16, 16, seed=1)
    y = y * (x.mean() / y.mean())
    assert cess(x, y, phase=0).item() == pytest.approx(cess(x, y, phase=1).item(), rel=1e-9)
    maps = [differentiable.two_point_map(one[:, 0]) for one in (x, 1 - x)]
    torch.testing.assert_close(maps[1], 1 - 2 * x.mean() + maps[0])
    doubled = 2 * y
    assert cess(x, doubled, phase=0).item() != pytest.approx(cess(x, doubled, phase=1).item(), rel=1e-2)


def test_repeating_a_batch_changes_nothing():
    x, y = batch(2, 1, 8, 8), batch(2, 1, 8, 8, seed=1)
    for options in ({}, {"window": 4}, {"reading": "cross_entropy"}, {"reduction": "sum"}):
        once, twice = cess(x, y, **options), cess(x.repeat(2, 1, 1, 1), y.repeat(2, 1, 1, 1), **options)
        assert twice.item() == pytest.approx(once.item(), rel=1e-12)


def test_constant_images_have_finite_gradients():
    flat = torch.full((1, 1, 16, 16), 0.5, requires_grad=True)
    for options in ({}, {"window": 5}, {"reading": "cross_entropy"}):
        (gradient,) = torch.autograd.grad(cess(flat, binary(1, 1, 16, 16).float(), **options), flat)
        assert gradient.isfinite().all()


def test_half_precision_is_left_behind():
    x, y = binary(2, 1, 64, 64).float(), binary(2, 1, 64, 64, seed=1).float()
    whole = cess(x, y)
    assert cess(x.bfloat16(), y.bfloat16()).item() == whole.item()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cess(x, y, window=20)
    assert inside.dtype == torch.float32
    assert inside.item() == cess(x, y, window=20).item()
    assert abs(cess(x, x.roll(7, 2)).item()) < 1e-13


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_reading_b_is_finite_at_the_ends_and_zero_only_where_maps_agree(value: float):
    x = torch.full((1, 1, 8, 8), value, requires_grad=True)
    y = binary(1, 1, 8, 8).float()
    error = cess(x, y, reading="cross_entropy")
    (gradient,) = torch.autograd.grad(error, x)
    assert error.isfinite()
    assert error > 0.1
    assert gradient.isfinite().all()
    assert cess(x, x.detach(), reading="cross_entropy").item() == 0


def test_reading_b_is_the_cross_entropy_less_the_targets_entropy():
    found, wanted = torch.tensor([[[0.2]]]), torch.tensor([[[0.5]]])
    entropy = math.log(2)
    crossed = -0.5 * math.log(0.2) - 0.5 * math.log(0.8)
    assert map_error(found, wanted, reading="cross_entropy").item() == pytest.approx(crossed - entropy, rel=1e-6)


@pytest.mark.parametrize("shape", [(8, 10), (7, 9), (6, 5), (5, 1)])
@pytest.mark.parametrize("window", [None, (4, 1), "uneven"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_reading_b_counts_each_lag_as_often_as_the_whole_maps_do(shape, window, reduction):
    x, y = batch(2, 1, *shape), batch(2, 1, *shape, seed=1)
    weights = torch.rand(shape, dtype=torch.float64) if window == "uneven" else window
    maps = [differentiable.two_point_map(one[:, 0]) for one in (x, y)]
    options = {"reading": "cross_entropy", "window": weights, "reduction": reduction}
    assert cess(x, y, **options).item() == pytest.approx(map_error(*maps, **options).item(), rel=1e-10)


def test_the_precursors_indicator_is_an_exponential():
    x = torch.full((1, 1, 4, 4), 0.5, dtype=torch.float64)
    ones = torch.ones_like(x)
    expected = (math.exp(-0.25 / 0.125) ** 2 - 1) ** 2
    assert cess(x, ones, indicator_width=0.25).item() == pytest.approx(expected, rel=1e-12)


def test_fifty_of_256_lags_are_rows_103_to_152():
    window = box_window((256, 256), 50)
    rows = torch.nonzero(window.any(1)).flatten()
    assert (rows[0].item(), rows[-1].item(), int(window.sum())) == (103, 152, 2500)
    assert torch.equal(window, window.T)


def test_the_crop_is_the_mean_over_the_central_lags():
    x, y = binary(1, 1, 32, 24), binary(1, 1, 32, 24, seed=1)
    difference = differentiable.two_point_map(x[:, 0]) - differentiable.two_point_map(y[:, 0])
    expected = difference[0, 11:21, 9:15].square().mean().item()
    assert cess(x, y, window=(10, 6)).item() == pytest.approx(expected, rel=1e-12)
    assert cess(x, y, window=(32, 24)).item() == pytest.approx(cess(x, y).item(), rel=1e-12)


def test_a_window_without_end_weighs_all_lags_alike():
    x, y = batch(1, 1, 16, 16), batch(1, 1, 16, 16, seed=1)
    assert cess(x, y, window=gaussian_window((16, 16), math.inf)).item() == pytest.approx(cess(x, y).item(), rel=1e-12)
    window = gaussian_window((9, 8), 2.0)
    assert window[4, 4] == 1
    assert window[4, 6].item() == pytest.approx(math.exp(-0.5))


def test_the_radius_grows_by_a_constant_factor():
    growing = GrowingRadius(start=4, end=64, steps=100)
    assert [growing.at(step) for step in (0, 25, 50, 100, 1000)] == pytest.approx([4, 8, 16, 64, 64])
    endless = GrowingRadius(start=4, end=math.inf, steps=10)
    assert endless.at(9) < 1000 < endless.at(10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cess(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 5)), "the same"),
        (lambda: cess(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4), window=5), "1 to as many"),
        (lambda: cess(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4), window=torch.ones(3, 3)), "the maps have"),
        (lambda: cess(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4), reading="C"), "cross_entropy"),
        (lambda: cess(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4), phase=2), "phase is 2"),
        (lambda: gaussian_window((4, 4), 0), "above 0"),
        (lambda: GrowingRadius(8, 4, 10), "start <= end"),
    ],
)
def test_mistakes_are_told(call, words: str):
    with pytest.raises(RaysysError, match=words):
        call()
