"""Native samples are as blocks cut out of a large one where the interior is trained on, and not as published.

A network of random weights shows it: what differs is how many points a voxel is made of.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from raysys.assess import depth_profile
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.stats import two_point

SIDE, BATCH, LEVELS = 24, 24, 2


@pytest.fixture(scope="module", params=["interior", "published"])
def made(request: pytest.FixtureRequest) -> tuple[str, np.ndarray, np.ndarray]:
    """Border, native samples as in training, and blocks out of samples of twice the side; uint8 (N, 24, 24, 24)."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = MultiTexture(dims=3, channels=1, width=6, levels=LEVELS, code=1, local=4, waves=0, border=request.param)
    generator = network.generator
    with torch.no_grad():
        for value in generator.parameters():
            if value.ndim > 2:
                torch.nn.init.normal_(value, 0.0, (8 / value[:, 0].numel()) ** 0.5)
        for norm in generator.norms[:-1]:
            norm.bias.fill_(-0.5)  # so that pores and grains differ

    def volumes(points: tuple[int, ...], count: int) -> np.ndarray:
        noise = generator.noise(torch.zeros(count, 1), torch.randn(count, 4, *points), torch.rand(count, 0))
        with torch.no_grad():
            whole = generator.interior(noise) if points[0] > generator.points((SIDE,) * 3)[0] else generator(noise)
        return (whole[:, 0] > 0).numpy().astype(np.uint8)

    for _ in range(20):
        volumes(generator.points((SIDE,) * 3), BATCH)  # statistics of normalisation
    generator.eval()
    native = volumes(generator.points((SIDE,) * 3), BATCH)[:, :SIDE, :SIDE, :SIDE]
    large = volumes((2 * SIDE // 2**LEVELS + sum(generator.reach),) * 3, BATCH // 4)
    middle = slice(SIDE // 2, SIDE // 2 + SIDE)
    return request.param, native, large[:, middle, middle, middle]


def test_porosity_over_depth_is_flat_only_where_the_interior_is_trained_on(made):
    border, native, _ = made
    rim = depth_profile(native).rim
    assert (rim == 0) == (border == "interior")


def test_native_samples_are_as_blocks_of_a_large_one_only_where_the_interior_is_trained_on(made):
    border, native, blocks = made
    both = [volumes.mean((1, 2, 3)) for volumes in (native, blocks)]
    error = np.sqrt(sum(one.var(ddof=1) / len(one) for one in both))
    apart = abs(both[0].mean() - both[1].mean())
    curves = [two_point(volumes).values.mean(0) for volumes in (native, blocks)]
    s2_apart = np.abs(curves[0] - curves[1]).max()
    if border == "interior":
        assert apart < 3 * error
        assert s2_apart < 4 * error
    else:
        assert apart > 5 * error
        assert s2_apart > 5 * error
