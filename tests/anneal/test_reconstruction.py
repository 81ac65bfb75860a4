"""Results on disk."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Chain, Progress, Reconstruction, Schedule, Target, anneal

TARGET = Target.of_two_point(0.3, np.full(8, 0.09))


def test_save_and_load(tmp_path):
    result = anneal(TARGET, (16, 20), seed=4, chain=2, schedule=Schedule(t0=np.inf, stages=3, moves=10))
    result.save(tmp_path / "folder" / "result.npz")
    loaded = Reconstruction.load(tmp_path / "folder" / "result.npz")
    assert loaded.image.dtype == np.uint8
    assert np.array_equal(loaded.image, result.image)
    for name in ("energy", "swaps", "seconds", "seed", "chain", "schedule", "r_max", "mse"):
        assert getattr(loaded, name) == getattr(result, name)
    for name in ("temperature", "energy", "acceptance"):
        assert np.array_equal(getattr(loaded.history, name), getattr(result.history, name))
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["result.npz"]


def test_a_checkpoint_is_not_a_result(tmp_path):
    Chain(TARGET, (16, 16), seed=0).save(tmp_path / "chain.npz")
    with pytest.raises(RaysysError, match="not the expected file"):
        Reconstruction.load(tmp_path / "chain.npz")


def test_progress_is_told_after_each_stage():
    told: list[Progress] = []
    result = anneal(TARGET, (16, 16), seed=0, schedule=Schedule(stages=3, moves=10), progress=told.append)
    assert [(p.stage, p.stages, p.finished) for p in told] == [(1, 3, 0), (2, 3, 0), (3, 3, 1)]
    assert told[-1].energy == result.energy
