"""Pictures on their way: every method, every kind, presets as published, states, tiles."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.textures import SHORT, few_channels, plan, stripes

from raysys.errors import RaysysError
from raysys.synthesis import METHODS, PRESETS
from raysys.synthesis.descent import Descent
from raysys.synthesis.exemplar import Exemplar, resized
from raysys.synthesis.objective import Objective
from raysys.synthesis.presets import WITHOUT_NETWORK, Scale
from raysys.synthesis.sources import Copies, sources_of


def done(descent: Descent) -> Descent:
    while not descent.finished:
        descent.advance()
    return descent


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["colour", "grey", "binary"])
def test_every_method_makes_a_picture_of_the_exemplars_kind(method: str, kind: str):
    image = stripes(colour=kind == "colour")
    image = (image > 0.6).astype(np.uint8) if kind == "binary" else image
    made = done(Descent(plan(image, method=method)))
    assert made.image.shape == (64, 56, *image.shape[2:])
    assert made.image.dtype == image.dtype
    assert 0 <= made.image.min() < made.image.max() <= 1
    assert len(made.losses) == (0 if method in WITHOUT_NETWORK else 7)
    if kind == "binary" and method not in WITHOUT_NETWORK:
        assert made.image.mean() == pytest.approx(image.mean(), abs=1 / made.image.size)


@pytest.mark.parametrize("method", [one for one in METHODS if one not in WITHOUT_NETWORK])
def test_descent_lowers_the_loss(method: str):
    """From noise, of the same patches at every step."""
    patches = replace(SHORT.patches, search="exact", stride=3, memory=0.0)
    short = replace(SHORT, scales=(Scale(1.0, 25, 0.03, ("conv2_1",)),), start="noise", patches=patches)
    made = Descent(plan(size=(48, 48), method=method, preset=short))
    assert made.pixels.detach().std().item() == pytest.approx(12**-0.5, rel=0.1)
    done(made)
    # Directions of the sliced loss are drawn anew at each step: compare means of several.
    assert np.mean(made.losses[-5:]) < 0.9 * np.mean(made.losses[:5])


def test_the_published_preset_is_the_published_one():
    published = PRESETS["published"]
    assert [scale.factor for scale in published.scales] == [0.25, 0.5, 0.75, 1.0]
    assert {(scale.steps, scale.rate) for scale in published.scales} == {(500, 0.01)}
    assert {scale.layers for scale in published.scales} == {("conv2_1", "conv3_1", "conv4_1")}
    patches = published.patches
    assert (patches.patch, patches.stride, patches.most, patches.h) == (7, 3, 10_000, 0.5)
    assert (patches.occurrence, patches.eps, patches.search) == (0.05, 1e-5, "exact")
    assert (published.start, published.falling) == ("noise", False)


def test_seed_and_number_decide():
    first = done(Descent(plan(), 0)).image
    assert np.array_equal(first, done(Descent(plan(), 0)).image)
    assert not np.array_equal(first, done(Descent(plan(), 1)).image)
    assert not np.array_equal(first, done(Descent(plan(seed=4), 0)).image)


def test_adam_begins_anew_at_each_scale_and_the_rate_falls():
    made = Descent(plan())
    for _ in range(3):
        made.advance()
    assert made.pixels.shape[2:] == (64, 56)
    assert "exp_avg" not in made.state()[1]
    made.advance()
    assert "exp_avg" in made.state()[1]
    assert made._adam.param_groups[0]["lr"] == 0.02
    made.advance()
    assert made._adam.param_groups[0]["lr"] < 0.02


@pytest.mark.parametrize("search", ["exact", "grid"])
def test_a_tileable_picture_is_made_alike_wherever_it_begins(search: str):
    """The loss of a rolled picture is that of the picture; only the start and the windows know an edge."""
    patches = replace(SHORT.patches, search=search, stride=2, memory=0.0)
    preset = replace(SHORT, patches=patches)
    wanted = sources_of(Exemplar.of(stripes()), Copies(), None)
    objective = Objective(wanted, "guided-correspondence", preset, ("conv2_1",), few_channels(), periodic=True)
    pixels = torch.rand(1, 1, 32, 40, generator=torch.Generator().manual_seed(1))
    losses = [objective(one, torch.Generator().manual_seed(5)).item() for one in (pixels, pixels.roll((8, 12), (2, 3)))]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_tileable_picture_has_no_edge():
    """The step across the edge is that between neighbouring rows, of stripes whose period fits the size."""
    image = done(Descent(plan(size=(64, 64), periodic=True))).image
    for axis in (0, 1):
        across = np.abs(image.take(0, axis) - image.take(-1, axis)).mean()
        assert across < 1.5 * np.abs(np.diff(image, axis=axis)).mean()


@pytest.mark.parametrize(("old", "new"), [((16, 24), (24, 36)), ((32, 32), (16, 16)), ((21, 17), (30, 29))])
def test_resizing_periodic_pixels_knows_no_edge(old: tuple[int, int], new: tuple[int, int]):
    """Rolled by a whole share of its side, it becomes the resized one rolled as far."""
    pixels = torch.rand(1, 1, *old, generator=torch.Generator().manual_seed(0))
    found = resized(pixels, new, periodic=True)
    assert found.shape[2:] == new
    shift = [int(np.gcd(a, b)) for a, b in zip(old, new, strict=True)]
    steps = [(a // common, b // common) for a, b, common in zip(old, new, shift, strict=True)]
    rolled = resized(pixels.roll([one for one, _ in steps], (2, 3)), new, periodic=True)
    torch.testing.assert_close(rolled, found.roll([other for _, other in steps], (2, 3)), rtol=1e-4, atol=1e-4)


def test_layers_and_scales_without_a_patch_are_left_out_and_said():
    small = plan(size=(48, 48), preset=PRESETS["published"])
    assert [(scale.factor, layers) for scale, layers in small.scales] == [
        (0.5, ("conv2_1",)),
        (0.75, ("conv2_1", "conv3_1")),
        (1.0, ("conv2_1", "conv3_1")),
    ]
    assert small.notices[0] == "scale 0.25: no patch of conv2_1, conv3_1, conv4_1 fits, which is left out"
    assert small.steps == 1500


def test_what_cannot_be_made_is_refused():
    with pytest.raises(
        RaysysError, match=r"guided-correspondence: an exemplar of 12 x 12 pixels .* no patch at any scale"
    ):
        _ = plan(stripes(12)).scales
    with pytest.raises(
        RaysysError, match="size 60 x 64 of a tileable picture; allowed: multiples of 8, such as 64 x 64"
    ):
        plan(size=(60, 64), periodic=True)
    with pytest.raises(RaysysError, match="seed -1; allowed: whole numbers >= 0"):
        plan(seed=-1)
    with pytest.raises(RaysysError, match="one value only"):
        Exemplar.of(np.full((20, 20), 0.5))
    with pytest.raises(RaysysError, match="values from 0 to 255; allowed: 0 to 1"):
        Exemplar.of((np.arange(400) % 256).reshape(20, 20).astype(np.uint8), "grey")
    with pytest.raises(RaysysError, match=r"a colour exemplar has shape \(20, 20\); allowed: \(H, W, 3\)"):
        Exemplar.of(stripes(20), "colour")
