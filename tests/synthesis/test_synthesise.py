"""`synthesise` from Python: folders, missing weights, and a real network on a real photograph."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.shared import shared
from support.textures import SHORT, stripes

from raysys import farm
from raysys.data import read_images
from raysys.errors import RaysysError
from raysys.synthesis import PRESETS, Scale, order_of, synthesise
from raysys.synthesis.extractor import VARIABLE


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent.npz"))
    monkeypatch.setattr("raysys.features.weights.find_spec", lambda name: None)


def test_a_folder_keeps_the_picture_and_another_is_refused_there(tmp_path: Path):
    image, heard = stripes(), []
    wanted = {"preset": SHORT, "weights": "random", "seed": 2}
    made = synthesise(image, 32, **wanted, progress=heard.append, checkpoint_folder=tmp_path)
    assert heard[-1].fraction == 1
    assert np.array_equal(made.image, synthesise(image, 32, **wanted).image)
    again = synthesise(image, 32, **wanted, checkpoint_folder=tmp_path)
    assert np.array_equal(again.image, made.image)
    assert again.seconds == made.seconds  # nothing was made again
    with pytest.raises(RaysysError, match=r"holds pictures of other settings .*another exemplar"):
        synthesise(stripes(seed=1), 32, **wanted, checkpoint_folder=tmp_path)
    assert made.provenance["source"] == "random:0"


@pytest.mark.usefixtures("no_weights")
def test_without_weights_quilting_serves_and_says_so():
    made = synthesise(stripes(), (40, 70))
    assert made.method == "quilting"
    assert made.image.shape == (40, 70)
    assert "the method is quilting now: VGG-19's weights were not found: " in made.notices[0]
    assert "absent.npz" in made.notices[0]
    with pytest.raises(RaysysError, match=r"absent.npz.*allowed: a file that RAYSYS_VGG19 or --weights names"):
        synthesise(stripes(), (40, 70), method="gram")


def test_names_are_checked():
    with pytest.raises(RaysysError, match="method is 'magic'; allowed: guided-correspondence, contextual, cnnmrf"):
        synthesise(stripes(), 32, method="magic")
    with pytest.raises(RaysysError, match="preset is 'slow'; allowed: 'fast', 'published'"):
        synthesise(stripes(), 32, preset="slow")


def test_real_features_bring_noise_nearer_to_a_photograph():
    """Fast steps at half of 96 pixels of gravel; the patches' nearest neighbours then look more like the source's."""
    weights = shared("weights/vgg19_normalized_conv_rgb_fp16.npz")
    source = read_images(shared("texture/gravel/abro_gravel.jpg"), kind="colour")[:96, :96]
    fast = PRESETS["fast"]
    short = replace(fast, start="noise", scales=(Scale(0.5, 30, 0.05, ("conv2_1",)), Scale(1.0, 2, 0.01, ("conv2_1",))))
    made = synthesise(source, 96, weights=str(weights), preset=short)
    assert made.losses[20:30].mean() < 0.9 * made.losses[:3].mean()
    # Noise is grey on the average, gravel is not.
    assert np.abs(made.image.mean((0, 1)) - source.mean((0, 1))).max() < np.abs(0.5 - source.mean((0, 1))).max()


def test_pictures_on_their_way_are_kept_through_a_folder(tmp_path: Path):
    order, _ = order_of(stripes(), 32, preset=SHORT, weights="random", threads=1, keep=3)
    made = farm.run(order, 2, checkpoint_folder=tmp_path)
    again = farm.run(order, 2, checkpoint_folder=tmp_path)
    assert [sorted(one.kept) for one in made] == [[3, 6], [3, 6]]
    job = order.begin(1)
    while not job.finished:
        job.advance(0)
        if job.standing.step == 6:
            assert np.array_equal(job.descent.image, made[1].kept[6])
        job = order.resume(1, job.state())
    for one, same in zip((made[0], made[1], made[1]), (again[0], again[1], job.result()), strict=True):
        assert all(np.array_equal(image, same.kept[step]) for step, image in one.kept.items())
    assert made[0].kept[3].shape == (32, 32)  # the next scale has begun
    assert not order_of(stripes(), 32, method="quilting")[0].begin(0).kept
