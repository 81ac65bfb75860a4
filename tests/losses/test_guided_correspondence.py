"""Guided Correspondence, Contextual and MRF losses against a dense computation that unfolds everything."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.losses import guided_correspondence
from raysys.losses.guided_correspondence import Guidance, GuidedCorrespondence, PatchSettings
from raysys.losses.patch_guidance import orientation_distance
from raysys.losses.patch_use import PatchUse, places_of
from raysys.losses.patches import Grid, gathered

EXACT = PatchSettings(occurrence=0.0)


def features(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def unfolded(values: Tensor, settings: PatchSettings) -> Tensor:
    """Patches (n, C * taps) of (C, H, W), as the published code cuts them."""
    return functional.unfold(values[None], settings.patch, stride=settings.stride)[0].T


def dense_distances(target: Tensor, source: Tensor, settings: PatchSettings) -> Tensor:
    t, s = unfolded(target, settings), unfolded(source, settings)
    mean = s.mean(0)
    d = (1 - functional.normalize(t - mean, dim=1) @ functional.normalize(s - mean, dim=1).T) / 2
    d = d.clamp(min=0)
    if settings.occurrence:
        counts = torch.bincount(d.argmin(1), minlength=d.shape[1])
        assert counts.sum() == len(d)
        d = d + settings.occurrence * counts.double() / (len(d) / d.shape[1])
    return d


def dense_loss(d: Tensor, settings: PatchSettings) -> Tensor:
    """The definition: weights, shares of rows, their maxima; no closed form."""
    least = d.min(1, keepdim=True).values
    if settings.reduce == "mrf":
        return least.mean()
    weights = torch.exp((1 - d / (least + settings.eps)) / settings.h)
    shares = weights / weights.sum(1, keepdim=True)
    if settings.reduce == "source":
        return -shares.max(0).values.mean().log()
    return -shares.max(1).values.log().mean()


@pytest.mark.parametrize("reduce", ["target", "source", "mrf"])
@pytest.mark.parametrize("occurrence", [0.0, 0.05])
@pytest.mark.parametrize(("patch", "stride"), [(7, 3), (7, 4), (3, 1), (5, 2)])
def test_losses_and_gradients_are_the_dense_ones(
    reduce: str, occurrence: float, patch: int, stride: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guided_correspondence, "ELEMENTS", 100)  # many chunks
    settings = PatchSettings(reduce=reduce, occurrence=occurrence, patch=patch, stride=stride)
    target, source = features(1, 4, 17, 22).requires_grad_(), features(4, 19, 15, seed=1)
    expected = dense_loss(dense_distances(target[0], source, settings), settings)
    found = GuidedCorrespondence([source], settings)(target)
    assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    gradients = [torch.autograd.grad(loss, target)[0] for loss in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-10)


def test_in_float32_gradients_are_the_dense_ones_to_a_hundred_thousandth():
    """Features far from zero, as after a ReLU: the mean patch is large beside what is left when it is subtracted."""
    target, source = (
        features(1, 8, 40, 40, dtype=torch.float32) + 9,
        features(8, 32, 32, seed=1, dtype=torch.float32) + 9,
    )
    gradients = []
    for values, loss in (
        (target, GuidedCorrespondence([source], EXACT)),
        (target.double(), lambda one: dense_loss(dense_distances(one[0], source.double(), EXACT), EXACT)),
    ):
        values = values.clone().requires_grad_()
        gradients.append(torch.autograd.grad(loss(values), values)[0].double())
    assert (gradients[0] - gradients[1]).norm() < 1e-5 * gradients[1].norm()


def test_the_loss_lies_between_zero_and_the_logarithm_of_the_source_patches():
    for seed in range(5):
        target, source = features(1, 3, 16, 16, seed=seed), features(3, 20, 20, seed=seed + 10)
        found = GuidedCorrespondence([source], EXACT)(target)
        assert 0 <= found.item() <= math.log(Grid(20, 20, 3, EXACT.offsets).count)


def test_an_exact_copy_has_a_finite_loss_and_gradient_in_float32():
    source = features(4, 25, 25, dtype=torch.float32)
    target = source[None].clone().requires_grad_()
    loss = GuidedCorrespondence([source], EXACT)(target)
    (gradient,) = torch.autograd.grad(loss, target)
    assert loss.item() == pytest.approx(0, abs=1e-4)
    assert gradient.isfinite().all()


def test_adding_one_patch_to_all_patches_changes_nothing():
    """A constant of each channel is such a patch."""
    target, source, constant = features(1, 3, 16, 19), features(3, 18, 18, seed=1), features(3, 1, 1, seed=2)
    loss = GuidedCorrespondence([source], EXACT)(target)
    assert GuidedCorrespondence([source + constant], EXACT)(target + constant).item() == pytest.approx(loss.item())


def test_a_grid_is_the_exact_loss_of_the_thinned_maps():
    """Every second cell of both maps, of which 4x4 patches at stride 1 are all patches of 4x4 taps at stride 2."""
    settings = PatchSettings(search="grid", stride=2, occurrence=0.0)
    target, source = features(1, 3, 24, 26), features(3, 22, 20, seed=1)
    thinned = PatchSettings(patch=4, stride=1, occurrence=0.0)
    expected = {
        round(GuidedCorrespondence([source[:, a::2, b::2]], thinned)(target[:, :, c::2, e::2]).item(), 9)
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for e in (0, 1)
    }
    generator = torch.Generator().manual_seed(0)
    loss = GuidedCorrespondence([source], settings)
    found = {round(loss(target, generator=generator).item(), 9) for _ in range(40)}
    assert len(found) > 8
    assert found <= expected


@pytest.mark.parametrize("search", ["exact", "grid"])
def test_a_periodic_target_may_be_rolled(search: str):
    settings = PatchSettings(occurrence=0.0, stride=2, search=search)
    target, source = features(1, 3, 16, 12), features(3, 16, 16, seed=1)
    loss = GuidedCorrespondence([source], settings, periodic=True)

    def mean(values: Tensor) -> float:
        """By strides, all phases of which are gone through by a grid."""
        return loss(values, generator=torch.Generator().manual_seed(3)).item()

    assert mean(target.roll((4, 6), (2, 3))) == pytest.approx(mean(target), rel=1e-12)
    open_loss = GuidedCorrespondence([source], settings)
    assert open_loss(target).item() != pytest.approx(mean(target), rel=1e-3)


def test_patch_counts_are_the_published_ones():
    for side, counts in {
        512: (28_561, 7_056),
        1024: (115_600, 28_561),
        2048: (463_761, 115_600),
        256: (7_056, 1_681),
    }.items():
        assert (Grid(side, side, 3, EXACT.offsets).count, Grid(side // 2, side // 2, 3, EXACT.offsets).count) == counts


def test_beyond_the_cap_so_many_patches_are_drawn_from_either_side():
    settings = replace(EXACT, most=50)
    target, source = features(1, 3, 40, 40).requires_grad_(), features(3, 34, 34, seed=1)
    loss = GuidedCorrespondence([source], settings)
    found = loss(target, generator=torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    ours, theirs = (Grid(side, side, 3, EXACT.offsets).corners() for side in (40, 34))
    rows, columns = (torch.randint(len(at), (50,), generator=generator) for at in (ours, theirs))
    t, s = (unfolded(one, EXACT)[at] for one, at in ((target[0], rows), (source, columns)))
    d = (1 - functional.normalize(t - s.mean(0), dim=1) @ functional.normalize(s - s.mean(0), dim=1).T) / 2
    expected = dense_loss(d, settings)
    assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    torch.testing.assert_close(*(torch.autograd.grad(one, target)[0] for one in (found, expected)))
    assert loss(target, generator=torch.Generator().manual_seed(6)).item() != found.item()


def test_guidance_adds_its_terms_without_a_gradient():
    settings = replace(EXACT, progression=10.0, orientation=1.0, stride=4)
    target, source = features(1, 3, 20, 20).requires_grad_(), features(3, 16, 18, seed=1)
    angles = [features(40, 40, seed=2) * math.pi, features(32, 36, seed=3) * math.pi]
    maps = [
        Guidance(features(1, *angle.shape, seed=4 + k).requires_grad_(), torch.stack([angle.sin(), angle.cos()]))
        for k, angle in enumerate(angles)
    ]
    d = dense_distances(target[0], source, settings)
    small = [[values[:, ::2, ::2] for values in (one.progression, one.orientation)] for one in maps]
    ours, theirs = ([unfolded(values, settings).detach() for values in one] for one in small)
    d = d + 10 * (ours[0][:, None] - theirs[0]).square().sum(-1) / 49
    u, v = (one[1].view(-1, 2, 49).transpose(1, 2) for one in (ours, theirs))
    signs = [(u[:, None] + sign * v).square().sum(-1) for sign in (1, -1)]
    expected = dense_loss(d + torch.minimum(*signs).mean(-1) / 2, settings)
    found = GuidedCorrespondence([source], settings, guidance=[maps[1]])(target, maps[0])
    assert found.item() == pytest.approx(expected.item(), rel=1e-7)
    torch.testing.assert_close(
        *(torch.autograd.grad(one, target)[0] for one in (found, expected)), rtol=1e-6, atol=1e-9
    )
    assert maps[0].progression.grad is None
    with pytest.raises(RaysysError, match="progression has weight 10 but a map is missing"):
        GuidedCorrespondence([source], settings)(target, maps[0])


def test_an_orientation_is_a_line_and_no_arrow():
    u, v = (functional.normalize(features(5, 9, 2, seed=seed) - 0.5, dim=2) for seed in (0, 1))
    signs = (features(5, 9, 1, seed=2) > 0.5) * 2.0 - 1
    torch.testing.assert_close(orientation_distance(u * signs, v), orientation_distance(u, v))
    assert orientation_distance(u, u).diagonal().abs().max() < 1e-12


def test_uses_add_up_and_uniform_use_is_one():
    places, nearest = torch.arange(6), torch.tensor([0, 0, 3, 5, 5, 5, 1, 2])
    assert PatchUse().count(places, nearest).sum() == len(nearest)
    assert PatchUse().omega(places, torch.arange(6).repeat(3)).tolist() == [1] * 6
    remembering = PatchUse(memory=0.5)
    assert remembering.so_far(places).tolist() == [1] * 6
    remembering.omega(places, torch.zeros(6, dtype=torch.int64))
    assert remembering.so_far(places).tolist() == [0.5 + 0.5 * 6, *[0.5] * 5]


def test_flipped_copies_share_the_budget_of_one_place():
    """Patches of a mirrored copy are those of the source at the same place, and count for it."""
    grid = Grid(13, 13, 3, EXACT.offsets)
    rows, columns = (one.double() for one in torch.meshgrid(torch.arange(13), torch.arange(13), indexing="ij"))
    coordinates = [torch.stack([rows, columns]), torch.stack([rows, columns]).flip(2)]
    places = places_of([grid.corners()] * 2, coordinates, shape=(13, 13), stride=3, reach=6)
    ours, mirrored = places.view(2, *grid.shape)
    assert torch.equal(mirrored, ours.flip(1))
    assert torch.unique(places).numel() == grid.count
    use = PatchUse().omega(places, torch.tensor([0, grid.shape[1] + grid.count - 1]))
    assert use[0] == use.view(2, *grid.shape)[1, 0, -1] == grid.count
    separate = places_of([grid.corners()] * 2, None, shape=(13, 13), stride=3, reach=6)
    assert torch.unique(separate).numel() == 2 * grid.count


def test_several_sources_are_one_list_of_patches():
    target, sources = features(1, 3, 16, 16), [features(3, 14, 16, seed=1), features(3, 19, 13, seed=2)]
    t, s = unfolded(target[0], EXACT), torch.cat([unfolded(one, EXACT) for one in sources])
    d = (1 - functional.normalize(t - s.mean(0), dim=1) @ functional.normalize(s - s.mean(0), dim=1).T) / 2
    assert GuidedCorrespondence(sources, EXACT)(target).item() == pytest.approx(dense_loss(d, EXACT).item())


def test_gathered_patches_are_the_unfolded_ones():
    values = features(2, 11, 9)
    found = gathered(values, Grid(11, 9, 3, EXACT.offsets).corners(), EXACT.offsets)
    assert torch.equal(found.transpose(1, 2).flatten(1), unfolded(values, EXACT))


def test_what_cannot_be_is_refused():
    with pytest.raises(RaysysError, match="reduce is 'both'; allowed: 'target', 'source', 'mrf'"):
        PatchSettings(reduce="both")
    with pytest.raises(RaysysError, match="a map of 6 x 9 features has no patch of 7 x 7"):
        GuidedCorrespondence([features(2, 6, 9)], EXACT)(features(1, 2, 9, 9))
    with pytest.raises(RaysysError, match=r"features have shape \(1, 3, 9, 9\); allowed: \(1, 2, H, W\)"):
        GuidedCorrespondence([features(2, 9, 9)], EXACT)(features(1, 3, 9, 9))
