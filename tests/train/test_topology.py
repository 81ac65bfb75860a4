"""How a phase hangs together is among what a validation measures."""

import numpy as np
import pytest
from scipy.ndimage import label
from support.kinds import PHASES, data_of

from raysys.data import DataSettings, prepare
from raysys.stats.sets.descriptors import DESCRIPTORS
from raysys.train.checkpoint import Progress
from raysys.train.topology import Topology, topology
from raysys.train.validation import DescriptorValidator
from raysys.train.watching import judge


def rings(n: int, broken: bool = False) -> np.ndarray:
    """(n, 32, 32) with a ring each, one part with a hole; broken at one pixel it has none."""
    images = np.zeros((n, 32, 32), np.uint8)
    images[:, 8:24, 8:24] = 1
    images[:, 9:23, 9:23] = 0
    if broken:
        images[:, 8, 16] = 0
    return images


def test_parts_and_euler_characteristic_are_those_of_a_peer():
    images = (np.random.default_rng(0).random((6, 40, 40)) < 0.45).astype(np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0  # else parts at a window's border count by half
    found = topology(images)
    np.testing.assert_array_equal(found["parts"], [label(image)[1] for image in images])
    holes = [label(1 - np.pad(image, 1), structure=np.ones((3, 3)))[1] - 1 for image in images]
    np.testing.assert_array_equal(found["euler"], found["parts"] - holes)
    assert list(topology(rings(2))["euler"]) == [0, 0]
    assert list(topology(rings(2, broken=True))["euler"]) == [1, 1]


def test_volumes_have_one_too():
    balls = np.zeros((2, 16, 16, 16), np.uint8)
    balls[:, 2:5, 2:5, 2:5] = balls[:, 9:12, 9:12, 9:12] = 1
    assert {name: list(values) for name, values in topology(balls).items()} == {"euler": [2, 2], "parts": [2, 2]}


def test_errors_are_in_standard_deviations_of_a_real_image():
    real = (np.random.default_rng(1).random((20, 32, 32)) < 0.3).astype(np.uint8)
    found = Topology(real).measure(real[:5])
    each = topology(real)
    for name in ("euler", "parts"):
        assert found[name] == each[name][:5].mean()
        off = abs(each[name][:5].mean() - each[name].mean())
        assert found[f"{name}_error"] == pytest.approx(off / each[name].std())
    assert Topology(rings(3)).measure(rings(3, broken=True))["euler_error"] == 1


def test_a_pixel_that_breaks_rings_is_seen_by_topology_where_curves_hardly_change(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    metrics = validator.measure(tiles.train)
    assert metrics["euler_error"] == metrics["parts_error"] == 0
    assert metrics["parts"] == topology(tiles.train)["parts"].mean()
    salted = tiles.train.copy()
    salted[:, 4::8, 4::8] ^= 1
    assert validator.measure(salted)["parts_error"] > 0.5
    progress = Progress(step=2, metrics=metrics)
    judge(progress, tiny(training={"best_by": "euler_error"}).training)
    assert (progress.best_step, progress.best_objective) == (2, 0)


def test_label_images_have_one_of_every_phase(tmp_path):
    settings = DataSettings(**data_of("phases", tmp_path))
    tiles = prepare(settings)
    found = DescriptorValidator(tiles, lambda: tiles.train, settings.form)()
    assert {name for name in found if name.startswith("euler_error")} == {f"euler_error/{phase}" for phase in PHASES}
    assert len(DESCRIPTORS) * len(PHASES) == sum(name.startswith("mse/") for name in found)
