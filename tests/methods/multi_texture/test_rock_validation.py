"""What rocks are described with, and rocks in the place of their reproductions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.rock_textures import rocks

from raysys.data.textures.selection import textures
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.methods.multi_texture.rock_validation import RocksValidator, measures
from raysys.stats import minkowski, two_point
from raysys.train.metrics import OBJECTIVE


def test_measures_are_those_of_the_statistics_room():
    volumes = (np.random.default_rng(0).random((3, 12, 12, 12)) < 0.3).astype(np.uint8)
    volumes[2] = 0
    found = measures(volumes)
    phi = volumes.mean((1, 2, 3))
    np.testing.assert_allclose(found["porosity"][:, 0], phi)
    np.testing.assert_allclose(found["S2"], two_point(volumes).values)
    np.testing.assert_allclose(found["S2"][:, 0], phi)
    np.testing.assert_allclose(found["autocorrelation"][:2, 0], 1)
    assert not found["autocorrelation"][2].any()
    exact = minkowski(volumes, edges="window")
    np.testing.assert_allclose(found["euler"][:, 0], exact.totals["euler_characteristic"] / 12**3, rtol=0.4)
    assert (found["surface"][:2] > 0).all()
    assert found["surface"][2] == 0


def test_the_validator_calls_a_rock_itself_and_no_other():
    """Real pieces in the place of reproductions: at the floor; of the next rock: far from it."""
    data = textures(rocks(tile=24))

    class Real:
        network, shift = torch.nn.Module(), 0

        def sample(self, n: int, *, seed: int, condition: object = None, grey: bool = False) -> np.ndarray:
            number = 0 if condition is None else (int(condition[0][0]) + self.shift) % 3
            own = np.flatnonzero(data.train_targets == number)[32 : 32 + n]
            return data.train[np.resize(own, n)].astype(np.float32 if grey else np.uint8)

    model = Real()
    model.network.codes = torch.arange(3.0)[:, None].expand(-1, 2)
    grams = RandomGrams(3, 1, torch.device("cpu"))
    judge = RocksValidator(data, lambda: model, grams, form=rocks(tile=24).form, count=6)
    found = judge()
    assert found[OBJECTIVE] == found["rock_error"]
    assert 0.1 < found["rock_error"] < 10
    assert found["rock_accuracy"] > 0.9
    assert found["porosity/beads"] == pytest.approx(0.36, abs=0.05)
    assert found["porosity_off/oolite"] < 1
    assert max(found[f"s2_error/{name}"] for name in data.target_names) < 0.04
    model.shift = 1
    wrong = judge()
    assert wrong["rock_accuracy"] < 0.1
    assert wrong["rock_error"] > 20 * found["rock_error"]
    assert wrong["porosity_off/beads"] > 2
    assert wrong["s2_error/beads"] > 0.08
    assert wrong["surface_ratio/beads"] > found["surface_ratio/beads"]
    assert set(judge.pictures()) == {"samples", "reproductions"}
