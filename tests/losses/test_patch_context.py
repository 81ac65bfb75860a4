"""Candidates instead of all pairs: the same numbers, where they are looked for, how they are turned."""

import math

import pytest
import torch
from torch import Tensor

from raysys.data.textures import turned_copies
from raysys.errors import RaysysError
from raysys.losses import guided_correspondence
from raysys.losses.guided_correspondence import Guidance, GuidedCorrespondence, PatchSettings
from raysys.losses.patch_context import ContextSearch, Fields
from raysys.losses.patches import Grid

STRIDE, OFFSETS = 2, (0, 2, 4, 6)


def features(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def copies(side: int, count: int) -> list[Tensor]:
    """Coordinates (2, h, w) of turned copies."""
    found = turned_copies(torch.zeros(side, side).numpy(), count)
    return [torch.from_numpy(one.coordinates.copy()).permute(2, 0, 1) for one in found]


@pytest.mark.parametrize("reduce", ["target", "mrf"])
@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_a_context_as_wide_as_the_source_is_everywhere(reduce: str, memory: float, monkeypatch: pytest.MonkeyPatch):
    """All patches are candidates then: losses, gradients and use are those of the whole table, whatever the chunks."""
    target, source = features(1, 3, 20, 23).requires_grad_(), features(3, 19, 21, seed=1)
    angles = [math.pi * features(*one.shape[-2:], seed=3) for one in (target, source)]
    maps = [Guidance(features(1, *one.shape, seed=4), torch.stack([one.cos(), one.sin()])) for one in angles]
    results = []
    for context in (0, 100):
        settings = PatchSettings(
            reduce, search="grid", stride=STRIDE, memory=memory, context=context, progression=10.0, orientation=2.0
        )
        loss = GuidedCorrespondence([source], settings, guidance=maps[1:])
        monkeypatch.setattr(guided_correspondence, "ELEMENTS", 1 << 21 if context == 0 else 1 << 14)
        # The first search is everywhere anyway.
        value = [loss(target, maps[0], generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)][-1]
        use = loss.use.table if memory else torch.zeros(1)
        results.append((value, torch.autograd.grad(value, target)[0], use))
    for dense, among in zip(*results, strict=True):
        torch.testing.assert_close(among, dense, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("periodic", [False, True])
def test_candidates_lie_where_the_neighbours_matches_point(periodic: bool):
    before, now = Grid(30, 26, STRIDE, OFFSETS), Grid(30, 26, STRIDE, OFFSETS, (1, 0))
    grids = [Grid(25, 25, STRIDE, OFFSETS, (0, 1)), Grid(19, 33, STRIDE, OFFSETS)]
    search = ContextSearch(2, copies(25, 1) * 2)
    random = torch.Generator().manual_seed(0)
    nearest = torch.randint(sum(one.count for one in grids), (before.count,), generator=random)
    search.note(before, grids, nearest)
    corners = torch.cat([torch.cat([torch.full((one.count, 1), k), one.corners()], 1) for k, one in enumerate(grids)])
    assert torch.equal(search.matches.view(-1, 3), corners[nearest])
    found = search.candidates(now, grids, periodic=periodic)
    rows, columns = before.shape
    for place in (0, 7, 60, now.count - 1):
        row, column = place // now.shape[1], place % now.shape[1]
        wanted = set()
        for down, right in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)):
            y, x = row + down, column + right
            y, x = (y % rows, x % columns) if periodic else (min(max(y, 0), rows - 1), min(max(x, 0), columns - 1))
            steps = (-down, -right) if periodic else (row - y, column - x)
            copy, *corner = search.matches[y, x].tolist()
            at = [
                c + STRIDE * step + new - old for c, step, new, old in zip(corner, steps, (1, 0), (0, 0), strict=True)
            ]
            middle = [round((a - o) / STRIDE) for a, o in zip(at, grids[copy].origin, strict=True)]
            for a in (-1, 0, 1):
                for b in (-1, 0, 1):
                    k = [min(max(m + s, 0), n - 1) for m, s, n in zip(middle, (a, b), grids[copy].shape, strict=True)]
                    wanted.add(sum(one.count for one in grids[:copy]) + k[0] * grids[copy].shape[1] + k[1])
        assert set(found[place].tolist()) == wanted


def test_turned_candidates_show_the_same_place_in_the_direction_asked_for():
    count, side = 24, 49
    coordinates = copies(side, count)
    grids = [Grid(*one.shape[1:], STRIDE, OFFSETS) for one in coordinates]
    target = Grid(17, 19, STRIDE, OFFSETS)
    asked = math.pi * features(17, 19, seed=1).float()
    held = math.pi * features(side, side, seed=2).float()
    search = ContextSearch(0, coordinates, turned=True)
    assert torch.allclose(
        torch.remainder(search.angles, 2 * math.pi), 2 * math.pi * torch.arange(count) / count, atol=1e-4
    )
    middle = grids[0].shape[0] // 2 * grids[0].shape[1] + grids[0].shape[1] // 2
    search.note(target, grids, torch.full((target.count,), middle))
    origin = grids[0].corners()[middle] + 3
    places, directions = [], []
    firsts = [sum(one.count for one in grids[:k]) for k in range(count)]
    found = search.candidates(target, grids, fields=Fields(asked, held))
    for place, column in enumerate(found[:, 0].tolist()):  # what the patch's own match points to
        copy = max(k for k in range(count) if firsts[k] <= column)
        corner = grids[copy].corners()[column - firsts[copy]] + 3
        there = coordinates[copy][:, corner[0], corner[1]]
        places.append(there)
        here = target.corners()[place] + 3
        turn = asked[here[0], here[1]] - held[origin[0], origin[1]]
        directions.append(abs((float(turn - 2 * math.pi * copy / count) + math.pi / 2) % math.pi - math.pi / 2))
    assert math.degrees(max(directions)) <= 180 / count + 0.1
    assert (torch.stack(places) - origin).abs().max() <= 2**0.5 * STRIDE / 2 + 0.1  # the nearest patch of a copy's grid


def test_a_context_needs_a_search_for_each_target_patch():
    with pytest.raises(RaysysError, match=r"context 2, turned False, reduce 'source'; allowed: 0 and more cells"):
        PatchSettings(context=2, reduce="source")
    with pytest.raises(RaysysError, match="turned with 1 and more"):
        PatchSettings(turned=True)
