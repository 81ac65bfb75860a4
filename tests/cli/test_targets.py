"""What `raysys anneal` makes of images, files and masks before anything is annealed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Target
from raysys.anneal.weights import weights_of
from raysys.cli.parts.commission import Commission, Hole, TargetImages, commission, sides_of
from raysys.data import write_images
from raysys.stats import characterise

SOURCE = TargetImages([], None, None, None, "bright", "two", "open", None, 2)


@pytest.fixture
def source(tiles: Path) -> TargetImages:
    return replace(SOURCE, images=[str(tiles)])


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """(24, 20) of the phases 0, 7 and 9."""
    coarse = np.random.default_rng(0).choice(np.array([0, 7, 9], np.uint8), (12, 10))
    write_images(tmp_path / "labels.npy", coarse.repeat(2, 0).repeat(2, 1)[None])
    return tmp_path / "labels.npy"


@pytest.fixture
def hole(tmp_path: Path) -> Path:
    """(32, 32), white within."""
    mask = np.zeros((32, 32), np.uint8)
    mask[8:20, 10:24] = 1
    write_images(tmp_path / "hole.png", mask[None])
    return tmp_path / "hole.png"


@pytest.mark.parametrize(
    ("text", "weights"),
    [(None, None), ("S2", {"S2": 1.0}), ("S2, P4:2,L:0.5", {"S2": 1.0, "P4": 2.0, "L": 0.5})],
)
def test_weights_stand_behind_a_colon(text, weights):
    assert weights_of(text) == weights


@pytest.mark.parametrize("text", ["S2:much", "S2,S2"])
def test_other_weights_are_refused(text):
    with pytest.raises(RaysysError, match="--target"):
        weights_of(text)


@pytest.mark.parametrize(("text", "sides"), [(None, None), ("8 9", (8, 9)), ("8x9x10", (8, 9, 10)), ("8,9", (8, 9))])
def test_a_shape_is_two_or_three_numbers(text, sides):
    assert sides_of(text) == sides


@pytest.mark.parametrize("text", ["8", "8 9 10 11", "8 0", "8 -9", "a b"])
def test_other_shapes_are_refused(text):
    with pytest.raises(RaysysError, match="--shape"):
        sides_of(text)


def test_images_give_the_target_and_the_shape(source, fields):
    found = commission(source, None, None)
    assert found.shape == (32, 32)
    assert found.target.same_as(Target.from_images(fields, r_max=15))
    np.testing.assert_array_equal(found.given, fields)
    assert found.known is None


def test_lags_end_where_the_reconstruction_or_a_hexagon_does(source):
    assert commission(source, (20, 40), None).target.r_max == 9
    assert commission(replace(source, weights={"P6": 1.0}), (20, 40), None).target.r_max <= 0.45 * 20
    assert commission(replace(source, r_max=4), (20, 40), None).target.r_max == 4


def test_a_characterisation_and_its_table_give_the_same_target(tmp_path, fields):
    from raysys.cli.parts.numbers import write_numbers

    measured = characterise(fields, ("S2", "P4", "chord_length"))
    measured.save(tmp_path / "real.npz")
    write_numbers(tmp_path / "real.csv", {"first": measured})
    weights = {"S2": 1.0, "P4": 3.0}
    made = [
        commission(replace(SOURCE, file=tmp_path / name, weights=weights, r_max=10), (24, 24), None)
        for name in ("real.npz", "real.csv")
    ]
    assert [term.name for term in made[0].target.terms] == ["S2", "P4"]
    for one, other in zip(*(found.target.terms for found in made), strict=True):
        assert (one.weight, one.protocol) == (other.weight, other.protocol)
        np.testing.assert_allclose(one.values, other.values, rtol=1e-9)
    assert made[0].target.phase_fraction == pytest.approx(made[1].target.phase_fraction)
    assert made[0].measured is not None
    assert made[1].measured is None


def test_every_value_of_a_label_image_can_be_a_phase(source, labels):
    found = commission(replace(source, images=[str(labels)], phases="all"), None, None)
    assert found.target.values == (0, 7, 9)
    assert len(found.target.terms) == 3
    assert found.phase == 9
    assert _of_phase(source, labels, "dark").phase == 0
    assert _of_phase(source, labels, "7").phase == 7
    with pytest.raises(RaysysError, match="--phase is 8; the images hold 0, 7, 9"):
        _of_phase(source, labels, "8")


def _of_phase(source: TargetImages, labels: Path, phase: str) -> Commission:
    return commission(replace(source, images=[str(labels)], phases="all", phase=phase), None, None)


def test_a_hole_takes_its_target_from_around_it(source, tmp_path, fields, hole):
    write_images(tmp_path / "one.png", fields[:1])
    found = commission(
        replace(source, images=[str(tmp_path / "one.png")]), None, Hole(str(tmp_path / "one.png"), hole, alone=True)
    )
    assert found.known is not None
    free = ~found.known.fixed
    assert free.sum() == 12 * 14
    assert free[8:20, 10:24].all()
    np.testing.assert_array_equal(found.known.labels, fields[0])
    assert found.target.phase_fraction == fields[0][found.known.fixed].mean()
    assert found.given is None


def test_a_known_image_is_filled_like_others(source, tmp_path, fields, hole, labels):
    write_images(tmp_path / "one.png", fields[:1])
    found = commission(source, None, Hole(str(tmp_path / "one.png"), hole, alone=False))
    assert found.target.same_as(Target.from_images(fields, r_max=15))
    assert found.given is not None
    strange = replace(source, images=[str(labels)], phases="all")
    write_images(tmp_path / "strange.npy", np.full((1, 24, 20), 3, np.uint8))
    with pytest.raises(RaysysError, match="holds the phase 3, which the images of the target do not"):
        commission(strange, None, Hole(str(tmp_path / "strange.npy"), hole, alone=False))


@pytest.mark.parametrize(
    ("changes", "shape", "said"),
    [
        ({"images": []}, None, "no image to take a target from"),
        ({"fraction": 0.4}, None, "goes with a --target-file"),
        ({"phases": "all", "images": ["skimage:gravel"]}, None, "is grey"),
        ({"weights": {"S9": 1.0}}, None, "descriptors are S9; allowed"),
        ({"weights": {"S2": -1.0}}, None, "the weight of S2 is -1"),
        ({"r_max": 9}, (16, 16), "r_max=8"),
        ({"dims": 3, "weights": {"S2_axis2": 1.0}}, (16, 16), "needs more axes"),
    ],
)
def test_what_does_not_fit_together_is_refused(source, changes, shape, said):
    with pytest.raises(RaysysError, match=said):
        commission(replace(source, **changes), shape, None)


def test_files_that_are_no_target_are_refused(source, tmp_path, fields):
    write_images(tmp_path / "images.npz", fields)
    with pytest.raises(RaysysError, match="allowed: a characterisation"):
        commission(replace(SOURCE, file=tmp_path / "images.npz"), (16, 16), None)
    characterise(fields, ("S2",)).save(tmp_path / "real.npz")
    with pytest.raises(RaysysError, match=r"but --phase-fraction 0\.7"):
        commission(replace(SOURCE, file=tmp_path / "real.npz", fraction=0.7), (16, 16), None)
    with pytest.raises(RaysysError, match="no --shape"):
        commission(replace(SOURCE, file=tmp_path / "real.npz"), None, None)
    with pytest.raises(RaysysError, match="--phases all asks for images"):
        commission(replace(SOURCE, file=tmp_path / "real.npz", phases="all"), (16, 16), None)


def test_masks_are_of_the_same_size_and_leave_something_free(source, tmp_path, fields, hole):
    write_images(tmp_path / "small.png", fields[:1, :16, :16])
    with pytest.raises(RaysysError, match="a mask is of the same size"):
        commission(source, None, Hole(str(tmp_path / "small.png"), hole, alone=False))
    write_images(tmp_path / "one.png", fields[:1])
    with pytest.raises(RaysysError, match="leave --shape away"):
        commission(source, (16, 16), Hole(str(tmp_path / "one.png"), hole, alone=False))
