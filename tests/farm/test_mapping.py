"""Ray gives the results that one process gives, and does not wait for ever."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from raysys import RaysysError
from raysys.cluster import connected
from raysys.data.micro2d import synthesis, synthesize
from raysys.data.micro2d.layout import Portion, draw
from raysys.farm.mapping import mapped


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    with connected("local", num_cpus=2):
        yield


def test_ray_draws_the_same_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray: None):
    monkeypatch.setattr(synthesis, "BLOCK", 3)
    counts = {"GRF": 7, "VoidSmall": 4}
    synthesize(tmp_path / "serial.h5", counts, seed=0, size=64)
    synthesize(tmp_path / "ray.h5", counts, seed=0, size=64, spread=partial(mapped, draw, workers=2))
    assert (tmp_path / "serial.h5").read_bytes() == (tmp_path / "ray.h5").read_bytes()


def test_without_arguments_no_ray_is_asked_for():
    assert list(mapped(abs, [], address="nowhere.invalid:1")) == []


def test_waiting_ends(ray: None):
    with pytest.raises(RaysysError, match=r"no result came within 0\.01 s"):
        list(mapped(draw, [Portion("GRF", 0, 2000, 0, 256)], patience=0.01))
