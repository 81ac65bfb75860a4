"""The torch functions equal the exact ones on images of 0 and 1, and have the gradients of what they compute."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from support.references import gaussian_field

from raysys import RaysysError, stats
from raysys.stats import differentiable

BOUNDARIES = ("open", "periodic")
KINDS = ("P2", "P3H", "P3V", "P4", "P6")
PRECISION = {torch.float32: 1e-6, torch.float64: 1e-12}
SHAPES = [(3, 40, 51), (2, 9, 1), (2, 64, 64), (2, 9, 14, 11)]


def of_every_kind(boundary, **options):
    """Functions of flat soft images, by name."""
    whole = {"boundary": boundary, **options}
    return {
        "map": differentiable.two_point_map,
        "phi": differentiable.phase_fraction,
        "lines": partial(differentiable.two_point_lines, **whole),
        "radial": partial(differentiable.two_point_radial, **whole),
        "L": partial(differentiable.lineal_path, **whole),
        **{kind: partial(differentiable.polytope, kind=kind, **whole) for kind in KINDS},
    }


def soft(shape, seed=0, dtype=torch.float64, device="cpu"):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(device, dtype)


def equals(found, expected, precision):
    np.testing.assert_allclose(found.detach().cpu().numpy(), expected, rtol=0, atol=precision)


def check_against_exact_functions(device, dtype, shape, boundary):
    images = (np.random.default_rng(1).random(shape) < 0.45).astype(np.uint8)
    x, precision, whole = torch.as_tensor(images, device=device).to(dtype), PRECISION[dtype], {"boundary": boundary}
    equals(differentiable.phase_fraction(x), images.reshape(len(images), -1).mean(axis=1), precision)
    equals(differentiable.two_point_map(x), stats.autocorrelation(images), precision)
    equals(differentiable.two_point_lines(x, **whole), stats.two_point(images, **whole).values, precision)
    equals(differentiable.lineal_path(x, **whole), stats.lineal_path(images, **whole).values, precision)
    for options in ({}, {"weights": "lags"}, {"bins": np.array([0, 0.5, 0.7, 1])}):
        options |= whole
        exact = stats.two_point_radial(images, **options).values
        equals(differentiable.two_point_radial(x, **options), exact, precision)
    published = {"rounding": "ceil", "apex": "both", "odd_edges": "average", "plane": 1 if x.ndim == 4 else None}
    for kind in KINDS:
        for options in ({}, published):
            options = options | whole
            exact = stats.polytope(images, kind, **options).values
            equals(differentiable.polytope(x, kind, **options), exact, precision)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", PRECISION, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_images_of_0_and_1_have_the_exact_values(dtype, shape, boundary):
    check_against_exact_functions("cpu", dtype, shape, boundary)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", PRECISION, ids=str)
def test_on_the_device_of_the_images(dtype, boundary):
    for shape in SHAPES:
        check_against_exact_functions("cuda", dtype, shape, boundary)
    x = soft((2, 7, 8), dtype=dtype, device="cuda").requires_grad_()
    for name, measure in of_every_kind(boundary).items():
        (gradient,) = torch.autograd.grad(measure(x).nansum(), x)
        assert gradient.device == x.device, name


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestGradients:
    @pytest.mark.parametrize("name", of_every_kind("open"))
    def test_are_those_of_the_values(self, boundary, name):
        measure = of_every_kind(boundary)[name]
        x = soft((2, 6, 7)).requires_grad_()
        assert torch.autograd.gradcheck(lambda x: torch.nan_to_num(measure(x)), x)

    @pytest.mark.parametrize("name", ["map", "lines", "radial", "L", "P2", "P4"])
    def test_are_those_of_the_values_of_volumes(self, boundary, name):
        measure = of_every_kind(boundary)[name]
        assert torch.autograd.gradcheck(measure, soft((2, 4, 5, 4)).requires_grad_())

    @pytest.mark.parametrize("odd_edges", ["skip", "average"])
    def test_of_triangles_of_every_edge(self, boundary, odd_edges):
        measure = partial(differentiable.polytope, kind="P3V", boundary=boundary, odd_edges=odd_edges, apex="both")
        assert torch.autograd.gradcheck(lambda x: torch.nan_to_num(measure(x)), soft((1, 8, 7)).requires_grad_())

    def test_of_rings_that_hold_no_lag(self, boundary):
        edges = np.array([0.2, 0.5, 1.2, 1.3, 2.1])
        measure = partial(differentiable.two_point_radial, boundary=boundary, bins=edges, weights="lags")
        assert measure(soft((1, 6, 7))).isnan().tolist() == [[True, False, True, False]]
        assert torch.autograd.gradcheck(lambda x: torch.nan_to_num(measure(x)), soft((1, 6, 7)).requires_grad_())

    @pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
    def test_are_finite_in_images_without_any_structure(self, boundary, value):
        # |F| has none where F = 0, which is everywhere but at one frequency.
        for name, measure in of_every_kind(boundary).items():
            x = torch.full((2, 12, 10), value, requires_grad=True)
            (gradient,) = torch.autograd.grad(measure(x).nansum(), x)
            assert gradient.isfinite().all(), name

    def test_stay_within_an_image(self, boundary):
        for name, measure in of_every_kind(boundary).items():
            x = soft((3, 12, 10)).requires_grad_()
            (gradient,) = torch.autograd.grad(measure(x)[1].nansum(), x)
            assert gradient[1].any(), name
            assert not gradient[[0, 2]].any(), name
            torch.testing.assert_close(measure(x[1:2])[0], measure(x)[1], equal_nan=True, msg=name)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_soft_pixels_are_independent_probabilities(boundary):
    x = soft((1, 20, 24), seed=4)
    drawn = (torch.rand(4000, 20, 24, generator=torch.Generator().manual_seed(5)) < x).numpy().astype(np.uint8)
    for name, exact in {
        "lines": partial(stats.two_point, drawn),
        "radial": partial(stats.two_point_radial, drawn),
        "L": partial(stats.lineal_path, drawn),
        "P3H": partial(stats.polytope, drawn, "P3H"),
        "P4": partial(stats.polytope, drawn, "P4"),
    }.items():
        found = of_every_kind(boundary, r_max=6)[name](x)[0, 1:].numpy()
        values = exact(boundary=boundary, r_max=6).values[:, 1:]
        error = values.std(axis=0) / np.sqrt(len(values))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(error))
        assert (np.abs(values.mean(axis=0) - found) <= 4.5 * error)[~np.isnan(error)].all(), name


def test_descent_on_the_map_reaches_it():
    target = torch.as_tensor(gaussian_field((48, 48), phi=0.4, sigma=2), dtype=torch.float32)
    wanted = differentiable.two_point_map(target)
    logits = soft((1, 48, 48), dtype=torch.float32).requires_grad_()
    optimiser = torch.optim.LBFGS([logits], max_iter=60, line_search_fn="strong_wolfe", tolerance_change=0)

    def error():
        optimiser.zero_grad()
        mean_square = (differentiable.two_point_map(logits.sigmoid()) - wanted).square().mean()
        (1e3 * mean_square).backward()
        return mean_square

    before = error().item()
    optimiser.step(error)
    assert error().item() < before / 1000


def test_descent_on_curves_reaches_them_together():
    target = torch.as_tensor(gaussian_field((40, 40), phi=0.4, sigma=2), dtype=torch.float32)
    measures = of_every_kind("periodic", r_max=10)
    chosen = [measures[name] for name in ("lines", "radial", "P3H", "P4", "P6", "L")]
    wanted = [measure(target).nan_to_num() for measure in chosen]
    logits = torch.randn(1, 40, 40, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.1)
    errors = []
    for _ in range(100):
        found = [measure(logits.sigmoid()).nan_to_num() for measure in chosen]
        losses = torch.stack([(one - other).square().mean() for one, other in zip(found, wanted, strict=True)])
        optimiser.zero_grad()
        losses.sum().backward()
        optimiser.step()
        errors.append(losses.detach())
    assert (errors[-1] < errors[0] / 10).all(), errors[0] / errors[-1]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_half_precision_and_autocast_measure_in_float32(boundary):
    x = soft((2, 32, 40), dtype=torch.bfloat16)
    for name, measure in of_every_kind(boundary).items():
        expected = measure(x.float())
        with torch.autocast("cpu", torch.bfloat16):
            for found in (measure(x), measure(x.float())):
                assert found.dtype == torch.float32, name
                torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_validation_in_inference_mode_does_not_disturb_training(boundary):
    x = soft((2, 23, 19))
    for name, measure in of_every_kind(boundary).items():
        with torch.inference_mode():
            expected = measure(x).clone()
        found = measure(x.requires_grad_())
        torch.testing.assert_close(found.detach(), expected, equal_nan=True, msg=name)
        found.nansum().backward()


@pytest.mark.parametrize("variant", ["ensemble", "per_image", "last"])
@pytest.mark.parametrize("kind", ["S2", *KINDS])
def test_scaled_as_the_curves_are(variant, kind):
    images = gaussian_field((40, 50), phi=0.3, sigma=2, n=3)
    images[2, 20:] = 0
    curve = stats.two_point(images) if kind == "S2" else stats.polytope(images, kind)
    exact = stats.scaled_autocovariance(curve, variant=variant).values
    values = torch.as_tensor(curve.values).requires_grad_()
    found = differentiable.scaled_autocovariance(values, kind, variant=variant)
    equals(found, exact, 1e-12)
    (gradient,) = torch.autograd.grad(found.nansum(), values)
    assert gradient.isfinite().all()
    assert gradient.any()
    empty = torch.zeros(2, 5, requires_grad=True)
    found = differentiable.scaled_autocovariance(empty, kind, variant=variant)
    assert found.isnan().all()
    assert not torch.autograd.grad(found.nansum(), empty)[0].any()


def test_bad_input():
    x = soft((2, 12, 10))
    for wrong in (x[0], x[None, None], x[:0], x.long(), x > 0.5):
        with pytest.raises(RaysysError, match=r"allowed: float tensors \(N, H, W\)"):
            differentiable.two_point_map(wrong)
    for measure in (differentiable.two_point_lines, differentiable.two_point_radial, differentiable.lineal_path):
        for options in ({"r_max": 10}, {"r_max": -1}, {"boundary": "mirror"}):
            with pytest.raises(RaysysError, match="allowed"):
                measure(x, **options)
    for options in (
        {"kind": "P5"},
        {"rounding": "up"},
        {"apex": "left"},
        {"odd_edges": "zero"},
        {"plane": 0},
        {"r_max": 10},
    ):
        with pytest.raises(RaysysError, match="allowed"):
            differentiable.polytope(x, **{"kind": "P4", **options})
    for name, variant in (("L", "ensemble"), ("S2", "mean")):
        with pytest.raises(RaysysError, match="allowed"):
            differentiable.scaled_autocovariance(x[0], name, variant=variant)


def test_torch_is_loaded_when_it_is_asked_for():
    program = (
        "import sys, raysys.stats\n"
        "print('torch' in sys.modules, hasattr(raysys.stats, 'nothing'))\n"
        "from raysys.stats import differentiable\n"
        "print('torch' in sys.modules, differentiable.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True", "raysys.stats.correlation.differentiable"]
