"""A farm that is small is carried out in the caller's process, with the results that a Ray would have brought."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.walking import Stroll

from raysys import RaysysError
from raysys.farm import FarmError, Progress, run
from raysys.farm.alone import is_small

# In a process of its own, which can tell that no Ray was loaded.
ANNEAL = """
import sys
import numpy as np
from raysys.anneal import Schedule, Target, reconstruct
images = np.load("images.npy")
found = reconstruct(Target.from_images(images, {"S2": 1.0}, boundary="periodic", r_max=8), (16, 16), chains=3, seed=4,
                    schedule=Schedule(stages=5, moves=200), checkpoint_folder="chains")
assert "ray" not in sys.modules
np.save("alone.npy", [one.image for one in found])
"""


class SmallStroll(Stroll):
    """A stroll of a few paces is not worth a Ray."""

    small = 200


def test_what_is_small_and_asks_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    order = SmallStroll()  # 5 stretches of 10 paces a walk
    assert is_small(order, 4, None, None)
    assert is_small(order, 4, "local", None)
    assert not is_small(order, 5, None, None)
    assert not is_small(order, 4, "auto", None)
    assert not is_small(order, 4, None, 2)
    assert not is_small(Stroll(), 1, None, None)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    assert not is_small(order, 4, None, None)
    assert is_small(order, 4, "local", None)


def test_the_results_are_those_of_any_farm(ray: None) -> None:
    from raysys.farm.alone import Alone
    from raysys.farm.patience import Patience

    told: list[Progress] = []
    farm = Alone(SmallStroll(seed=3), 4, None, Patience(checkpoint=1e-6), told.append, None)
    farm.resume({}, {})
    farm.run(float("inf"))
    assert [farm.ledger.results[number] for number in range(4)] == run(Stroll(seed=3), 4)
    assert (told[-1].finished, told[-1].workers, told[-1].pending, told[-1].fraction) == (4, 1, 0, 1)
    assert len(told) > 4  # a call moves a walk on by a stretch, and keeps it


def test_failures_and_deadlines_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)  # of another test of this file
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(FarmError) as caught:
        run(SmallStroll(stumbling=1), 3, checkpoint_folder=tmp_path / "walks")
    assert list(caught.value.failed) == [1]
    assert len(caught.value.results) == 2
    with pytest.raises(FarmError) as caught:
        run(SmallStroll(), 3, deadline=0.0)
    assert caught.value.failed == dict.fromkeys(range(3), "the deadline came first")
    with pytest.raises(RaysysError, match="seed"):
        run(SmallStroll(seed=1), 3, checkpoint_folder=tmp_path / "walks")


def test_a_small_annealing_starts_no_ray_and_makes_the_same_images(ray: None, tmp_path: Path) -> None:
    from raysys.anneal import Schedule, Target, reconstruct
    from raysys.data.synthetic import discs

    images = discs((48, 48), radius=4, phase_fraction=0.3, n=2, seed=0)
    np.save(tmp_path / "images.npy", images)
    done = subprocess.run([sys.executable, "-c", ANNEAL], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    target = Target.from_images(images, {"S2": 1.0}, boundary="periodic", r_max=8)
    schedule = Schedule(stages=5, moves=200)
    expected = reconstruct(target, (16, 16), chains=3, seed=4, schedule=schedule)  # on the Ray that runs
    np.testing.assert_array_equal(np.load(tmp_path / "alone.npy"), [one.image for one in expected])
