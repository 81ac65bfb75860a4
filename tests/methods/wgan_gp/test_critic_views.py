"""What a critic is shown: which ways, how far, alike for any number of workers, with gradients for the generator."""

from __future__ import annotations

import pytest
import torch

from raysys.form import Form
from raysys.methods.wgan_gp.critic_views import changed, turned
from raysys.methods.wgan_gp.system import WganGp, WganGpSettings
from raysys.train.batches import Batch, Draws

SMALL = {"width": 2, "latent_channels": 2, "critic_updates": 2}


def drawn(step: int = 1, rank: int = 0, world_size: int = 1) -> Draws:
    return Draws(seed=0, step=step, rank=rank, world_size=world_size, device=torch.device("cpu"))


def images(count: int = 300, side: int = 16) -> torch.Tensor:
    """One image without any symmetry, many times."""
    one = torch.randint(0, 2, (1, 1, side, side), generator=torch.Generator().manual_seed(0)).float() * 2 - 1
    return one.repeat(count, 1, 1, 1)


@pytest.mark.parametrize(
    ("flips", "rotations", "ways"),
    [((), False, 1), (("left-right",), False, 2), (("left-right", "up-down"), False, 4), ((), True, 4),
     (("up-down",), True, 8)],
)  # fmt: skip
def test_tiles_are_turned_in_all_ways_that_are_asked_and_no_others(flips, rotations: bool, ways: int):
    found = turned(images(), flips, rotations, drawn(), "a")
    one = images(1)[0]
    ways_there_are = [way.rot90(turn, (1, 2)) for turn in range(4) for way in (one, one.flip(2))]
    seen = {each.contiguous().numpy().tobytes() for each in found}
    assert len(seen) == ways
    assert seen <= {way.contiguous().numpy().tobytes() for way in ways_there_are}


def test_images_are_moved_by_an_eighth_at_most_and_blank_comes_in():
    found = changed(images(), ("translation",), drawn(), "a")
    one, seen = images(1)[0, 0], set()
    for each in found[:, 0]:
        blank = each == 0
        down, across = int(blank.all(1).sum()), int(blank.all(0).sum())
        assert max(down, across) <= 2
        tops = [(y, x) for y in {down, -down} for x in {across, -across}]
        moved = [torch.roll(one, place, (0, 1)) for place in tops]
        place = next(at for at, way in zip(tops, moved, strict=True) if torch.equal(way[~blank], each[~blank]))
        seen.add(place)
    assert len(seen) == 25


def test_a_square_of_half_the_side_is_blanked_around_any_pixel():
    found = changed(images(), ("cutout",), drawn(), "a")
    blank = found == 0
    assert torch.equal(found[~blank], images()[~blank])
    heights, widths = blank.any(3).sum(2)[:, 0], blank.any(2).sum(2)[:, 0]
    assert torch.equal(blank.sum((1, 2, 3)), heights * widths)  # rectangles: squares, cut at the border
    assert (heights.max(), widths.max(), heights.min()) == (8, 8, 4)
    assert blank.any(0).all()


def test_nothing_asked_changes_nothing():
    some = images(4)
    assert changed(some, (), drawn(), "a") is some
    assert turned(some, (), False, drawn(), "a") is some


def test_two_workers_show_what_one_does_and_every_use_draws_anew():
    some = images(8)
    ask = ("translation", "cutout")
    whole = changed(turned(some, ("left-right",), True, drawn(), "a"), ask, drawn(), "a")
    for rank in (0, 1):
        part = some[4 * rank : 4 * rank + 4]
        there = drawn(rank=rank, world_size=2)
        found = changed(turned(part, ("left-right",), True, there, "a"), ask, there, "a")
        assert torch.equal(found, whole[4 * rank : 4 * rank + 4])
    assert not torch.equal(changed(some, ask, drawn(), "a"), changed(some, ask, drawn(), "b"))
    assert not torch.equal(changed(some, ask, drawn(), "a"), changed(some, ask, drawn(step=2), "a"))


def test_gradients_reach_exactly_what_is_seen():
    some = images(6).requires_grad_(True)
    found = changed(some, ("translation", "cutout"), drawn(), "a")
    found.sum().backward()
    assert some.grad is not None
    assert set(some.grad.unique().tolist()) == {0.0, 1.0}
    assert some.grad.sum() == (found != 0).sum()


def system(**fields) -> WganGp:
    torch.manual_seed(0)
    return WganGp(WganGpSettings(**(SMALL | fields)), form=Form("binary", (16, 16)), device=torch.device("cpu"))


def shown(one: WganGp) -> list[torch.Tensor]:
    """All batches that a critic is given in a step."""
    seen: list[torch.Tensor] = []
    one.critic.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach().clone()))
    one.step([Batch(images(4))] * one.batches_per_step, drawn(), lambda parameters: None)
    return seen


def test_real_images_fakes_and_those_between_are_shown_alike():
    plain, augmented = shown(system()), shown(system(augment=("cutout",)))
    assert len(plain) == len(augmented) == 7  # twice real, fake and between, then the generator's
    assert not (plain[0] == 0).any()
    for batch in (*augmented[:2], *augmented[3:5], augmented[6]):
        assert ((batch == 0).flatten(1).sum(1) >= 16).all()
    real, fake, between = augmented[:3]
    both = (real == 0) & (fake == 0)
    assert (between[both] == 0).all()
    assert not torch.equal(real == 0, fake == 0)
    assert not torch.equal(real == 0, augmented[3] == 0)


def test_mirrored_and_turned_are_real_tiles_alone():
    plain, varied = shown(system()), shown(system(flips=("left-right",), rotations=True))
    assert not torch.equal(plain[0], varied[0])
    assert torch.equal(plain[1], varied[1])  # the first fakes, before any update


def volumes(count: int) -> torch.Tensor:
    """One volume of two channels without any symmetry, many times."""
    one = torch.randint(0, 2, (1, 2, 8, 8, 8), generator=torch.Generator().manual_seed(1)).float() * 2 - 1
    return one.repeat(count, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("flips", "rotations", "ways"),
    [((), True, 24), (("front-back",), False, 2), (("left-right", "up-down", "front-back"), False, 8),
     (("up-down",), True, 48)],
)  # fmt: skip
def test_volumes_are_turned_into_all_positions_of_a_cube(flips, rotations: bool, ways: int):
    found = turned(volumes(1000), flips, rotations, drawn(), "a")
    assert len({each.contiguous().numpy().tobytes() for each in found}) == ways
    assert torch.equal(found.flatten(1).sort(1).values, volumes(1000).flatten(1).sort(1).values)


def test_volumes_are_moved_along_three_axes_and_a_cube_is_blanked():
    moved = changed(volumes(200), ("translation",), drawn(), "a")
    whole = volumes(1)[0]
    for each in moved:
        kept = (each != 0).any(0)
        sides = [int(kept.any(1).any(1).sum()), int(kept.any(0).any(1).sum()), int(kept.any(0).any(0).sum())]
        assert min(sides) >= 7  # an eighth of 8 is 1
        assert kept.sum() == sides[0] * sides[1] * sides[2]
    assert len({each.numpy().tobytes() for each in moved}) == 27
    assert any(torch.equal(each, whole) for each in moved)
    cut = changed(volumes(4000), ("cutout",), drawn(), "a")
    blank = (cut == 0).all(1).flatten(1).sum(1)
    assert blank.max() == 4**3
    assert blank.min() >= 2**3  # in the corner where all three sides are cut most
