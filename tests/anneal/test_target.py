"""What a target may be made of."""

import csv

import numpy as np
import pytest

from raysys import RaysysError, stats
from raysys.anneal import Target


def test_target_of_images_is_their_mean_two_point_function(field):
    images = np.stack([field((48, 64), 0.3, 3, seed) for seed in range(4)])
    target = Target.from_images(images)
    curve = stats.two_point(images)
    assert target.r_max == 23
    assert np.array_equal(target.S2, curve.mean[1:])
    assert target.phase_fraction == pytest.approx(images.mean())
    assert (target.boundary, target.values, target.images) == ("open", (0, 1), 4)


def test_target_of_a_characterisation_is_that_of_its_images(field):
    images = field((48, 48), 0.3, 3)[None]
    target = Target.from_characterisation(stats.characterise(images, ("S2", "L"), boundary="periodic"))
    assert target.same_as(Target.from_images(images, boundary="periodic"))
    assert target.boundary == "periodic"


def test_the_other_phase_is_a_target_too(field):
    images = field((48, 48), 0.3, 3)[None]
    assert Target.from_images(images, phase=0).phase_fraction == pytest.approx(1 - images.mean())


@pytest.mark.parametrize("descriptors", [("S2", "C2"), ("P5",), ()])
def test_descriptors_that_cannot_be_annealed_are_named(field, descriptors):
    images = field((48, 48), 0.3, 3)[None]
    with pytest.raises(RaysysError, match="allowed: S2, S2_axis0"):
        Target.from_images(images, descriptors)
    with pytest.raises(RaysysError, match="allowed: S2, S2_axis0"):
        Target.from_characterisation(stats.characterise(images), descriptors)


def test_a_characterisation_without_two_point_function_is_refused(field):
    with pytest.raises(RaysysError, match="needs S2"):
        Target.from_characterisation(stats.characterise(field((48, 48), 0.3, 3)[None], ("L",)))


def test_images_without_a_sample_axis_are_refused():
    with pytest.raises(RaysysError, match=r"\(N, H, W\)"):
        Target.from_images(np.eye(16, dtype=np.uint8))


def test_one_phase_only_is_refused():
    with pytest.raises(RaysysError, match="both phases"):
        Target.from_images(np.ones((2, 16, 16), np.uint8))


@pytest.mark.parametrize("S2", [[], [np.nan], [[0.1]]])
def test_a_curve_must_be_finite_and_one_dimensional(S2):
    with pytest.raises(RaysysError, match="finite values"):
        Target.of_two_point(0.3, S2)


NAMES = ("S2", "S2_axis0", "L", "P3H", "P3V", "P4", "P6")


def test_terms_of_images_are_their_mean_curves_where_sampled(field):
    images = np.stack([field((48, 64), 0.3, 3, seed) for seed in range(4)])
    target = Target.from_images(images, dict(zip(NAMES, range(1, 8), strict=True)))
    found = stats.characterise(images, NAMES)
    for term in target.terms:
        mean = found.curves[term.name].mean
        np.testing.assert_array_equal(term.values, mean[term.r])
        sampled = np.flatnonzero(~np.isnan(mean[1:])) + 1
        np.testing.assert_array_equal(term.r, sampled if term.name != "P6" else sampled[sampled <= 21])
        assert term.protocol == found.curves[term.name].protocol
    assert [term.weight for term in target.terms] == [1, 2, 3, 4, 5, 6, 7]


def test_the_map_term_is_half_of_the_map(field):
    images = field((20, 24), 0.3, 2)[None]
    (term,) = Target.from_images(images, ("map",), boundary="periodic").terms
    whole = stats.autocorrelation(images)[0]
    centre = np.array(whole.shape) // 2
    np.testing.assert_array_equal(term.values, whole[tuple((term.r + centre).T)])
    assert len({tuple(r) for r in term.r} | {tuple(-r) for r in term.r}) == 2 * len(term.r)
    assert (0, 0) not in {tuple(r) for r in term.r}


@pytest.mark.parametrize("boundary", ["open", "periodic"])
@pytest.mark.parametrize("shape", [(12, 12), (13, 12), (7, 5), (6, 6, 6)])
def test_each_two_opposite_vectors_of_a_map_are_wanted_once_in_a_reconstruction_of_the_same_size(shape, boundary):
    """Those of half a period too, whose opposites are of half a period, or they themselves."""
    images = np.random.default_rng(0).integers(0, 2, (2, *shape))
    (term,) = Target.from_images(images, ("map",), boundary=boundary).terms
    seen = [min(tuple(v % np.array(shape)), tuple(-v % np.array(shape))) for v in term.r]
    longest = min(shape) // 2 if boundary == "periodic" else (min(shape) - 1) // 2
    near = [v for v in np.ndindex(shape) if all(min(x, n - x) <= longest for x, n in zip(v, shape, strict=True))]
    expected = {min(v, tuple((-x) % n for x, n in zip(v, shape, strict=True))) for v in near} - {(0,) * len(shape)}
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


@pytest.mark.parametrize("boundary", ["open", "periodic"])
def test_the_surface_term_pairs_the_pixels_that_touch_the_other_phase(field, boundary):
    image = field((20, 24), 0.3, 2)
    (term,) = Target.from_images(image[None], ("surface",), boundary=boundary, r_max=6).terms
    padded = np.pad(image, 1, mode="wrap" if boundary == "periodic" else "edge")
    beside = [padded[1 + a : 21 + a, 1 + b : 25 + b] for a, b in ((0, 1), (0, -1), (1, 0), (-1, 0))]
    surface = image & (np.min(beside, axis=0) == 0)
    np.testing.assert_array_equal(term.values, stats.two_point(surface[None], r_max=6, boundary=boundary).mean[1:])


def test_a_target_survives_being_kept(field):
    images = np.random.default_rng(0).integers(0, 3, (2, 16, 16))
    target = Target.from_images(images, {"S2": 1.0, "P4": 0.5}, phase=None)
    again = Target.from_state(*target.state())
    assert again.same_as(target)
    assert not target.weighted({"P4": 0.25}).same_as(target)
    assert target.cut(5).r_max == 5
    triangles = Target.from_images((images == 1).astype(int), ("P3H",))
    with pytest.raises(RaysysError, match="no lag up to 1"):
        triangles.cut(1)


def test_curves_of_a_table_are_a_target(tmp_path, field):
    images = field((48, 48), 0.3, 3)[None]
    found = stats.characterise(images, ("S2", "P3H", "C2", "specific_surface"), rounding="ceil")
    with (tmp_path / "curves.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(found.rows()[0]))
        table.writeheader()
        table.writerows(found.rows())
    target = Target.from_csv(tmp_path / "curves.csv")
    expected = Target.from_characterisation(found, ("S2", "P3H"))
    assert Target.from_csv(tmp_path / "curves.csv", {"P3H": 2.0}).terms[0].weight == 2.0
    with pytest.raises(RaysysError, match="holds S2, P3H, C2; wanted: L"):
        Target.from_csv(tmp_path / "curves.csv", ("L",))
    assert [term.name for term in target.terms] == ["S2", "P3H"]
    for mine, theirs in zip(target.terms, expected.terms, strict=True):
        np.testing.assert_array_equal(mine.r, theirs.r)
        np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-12)
        assert mine.protocol == theirs.protocol
    assert target.phase_fraction == pytest.approx(images.mean())
    assert Target.from_csv(tmp_path / "curves.csv", phase_fraction=images.mean()).same_as(target)


@pytest.mark.parametrize(
    ("content", "phi", "said"),
    [
        ("descriptor,r,mean\nS2,0,0.3\nS2,1,0.2\n", 0.4, r"S2\(0\) is 0.3 but the phase fraction asked for is 0.4"),
        ("descriptor,r,mean\nS2,1,0.2\n", None, "no value at r = 0"),
        ("name,r,mean\nS2,1,0.2\n", None, "no column descriptor"),
        ("descriptor,r,mean\nS2,0,much\n", None, "must be numbers"),
        ("descriptor,r,mean\nC2,0,0.3\nC2,1,0.2\n", None, "holds C2; wanted: one that can be annealed"),
        ("descriptor,r,mean\nS2,0,1.0\nS2,1,1.0\n", None, "nothing can be exchanged"),
        ("set,descriptor,r,mean\na,S2,0,0.3\nb,S2,0,0.2\n", None, "2 sets"),
    ],
)
def test_a_table_that_cannot_be_a_target_says_why(tmp_path, content, phi, said):
    (tmp_path / "curves.csv").write_text(content)
    with pytest.raises(RaysysError, match=said):
        Target.from_csv(tmp_path / "curves.csv", phase_fraction=phi)
    with pytest.raises(RaysysError, match=r"missing\.csv"):
        Target.from_csv(tmp_path / "missing.csv")
