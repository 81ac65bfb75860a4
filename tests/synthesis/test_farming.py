"""Many textures as one farm: each picture is the one made alone, more variations go on, other settings are refused."""

from pathlib import Path

import numpy as np
import pytest
from support.textures import SHORT, gallery, stripes

from raysys.errors import RaysysError
from raysys.synthesis import farm, synthesise

SETTINGS = {"method": "quilting", "seed": 4}


def exemplars() -> list[np.ndarray]:
    """Of three kinds and sizes."""
    return [stripes(), stripes(40, colour=True), (stripes(36) > 0.6).astype(np.uint8)]


def test_each_picture_is_the_one_made_alone():
    made = farm(exemplars(), (40, 32), variations=2, **SETTINGS)
    assert [(one.exemplar, one.variation) for one in made] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    for exemplar, one in zip(exemplars(), made[::2], strict=True):
        assert np.array_equal(one.image, synthesise(exemplar, (40, 32), **SETTINGS).image)
        assert one.image.dtype == exemplar.dtype
    assert len({one.image.tobytes() for one in made}) == 6


def test_a_folder_goes_on_with_more_variations_and_refuses_other_settings(tmp_path: Path):
    told: list[int] = []
    settings = {"preset": SHORT, "weights": "random", "checkpoint_folder": tmp_path, "seed": 2}
    first = farm(exemplars()[:2], 32, **settings, finished=lambda one: told.append(one.exemplar))
    again = farm(exemplars()[:2], 32, variations=2, **settings)
    assert sorted(told) == [0, 1]
    for before, after in zip(first, again[::2], strict=True):
        assert np.array_equal(before.image, after.image)
        assert before.seconds == after.seconds  # nothing was made again
        assert np.array_equal(before.losses, after.losses)
    with pytest.raises(RaysysError, match=r"holds pictures of other settings .*seed 2 there, 3 here"):
        farm(exemplars()[:2], 32, **(settings | {"seed": 3}))
    with pytest.raises(RaysysError, match=r"holds pictures of other settings .*other exemplars"):
        farm(exemplars()[::2], 32, **settings)


def test_an_exemplar_that_cannot_be_continued_is_named():
    with pytest.raises(RaysysError, match=r"exemplar 1 of 2: the exemplar has one value only"):
        farm([stripes(), np.full((20, 20), 0.5)], 32, **SETTINGS)
    with pytest.raises(RaysysError, match="without an exemplar"):
        farm([], 32, **SETTINGS)


def test_the_network_is_held_once():
    orders = gallery().orders
    assert orders[0].plan.kernels is orders[1].plan.kernels
