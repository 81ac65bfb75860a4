"""The loss landscape: circles, paths, minima, twins, and what thirty seeds say."""

import numpy as np
import pytest

from raysys.data.synthetic import gaussian_random_field
from raysys.errors import RaysysError
from raysys.stats import autocorrelation
from raysys.studies.landscape import (
    Landscape,
    PathLosses,
    PathsOfSeeds,
    descended_twins,
    findings,
    homometric_twins,
    path,
    path_losses,
    paths_of_seeds,
    reflected_twins,
)
from raysys.studies.landscape.circles import draw_circles, paired, rendered
from raysys.studies.landscape.path_losses import local_minima
from raysys.studies.landscape.twins import aligned_error

SMALL = Landscape(size=64, radius=5, steps=21, crop=16)


def test_circles_lie_in_the_frame_and_apart():
    centres = draw_circles(np.random.default_rng(0), size=100, radius=12, count=5, gap=2)
    assert centres.shape == (5, 2)
    assert centres.min() >= 12
    assert centres.max() <= 87
    apart = np.abs(centres[:, None] - centres[None])
    distances = np.hypot(*np.moveaxis(np.minimum(apart, 100 - apart), -1, 0))
    assert distances[~np.eye(5, dtype=bool)].min() >= 26
    with pytest.raises(RaysysError, match="find no place"):
        draw_circles(np.random.default_rng(0), size=100, radius=40, count=5, gap=2)


def test_the_area_of_a_rendered_circle_does_not_jitter():
    centres = np.random.default_rng(0).uniform(15, 49, (50, 1, 2))
    areas = rendered(centres, size=64, radius=12).sum((1, 2))
    assert areas == pytest.approx(np.pi * 12**2, rel=2e-3)
    corner = rendered(np.array([[[12.0, 12.0], [51.0, 51.0]]]), size=64, radius=12)
    assert corner.sum() == pytest.approx(2 * np.pi * 144, rel=2e-3)


def test_nearest_pairing_moves_least():
    first, last = np.array([[0.0, 0.0], [10.0, 10.0]]), np.array([[9.0, 9.0], [1.0, 1.0]])
    assert paired(first, last, "index") is last
    np.testing.assert_array_equal(paired(first, last, "nearest"), last[::-1])


def test_a_path_begins_at_zero_loss_and_its_ends_have_five_circles():
    images = path(3, SMALL)
    assert images.shape == (21, 64, 64)
    assert images[[0, -1]].sum((1, 2)) == pytest.approx(5 * np.pi * 25, rel=0.01)
    found = path_losses(3, SMALL)
    for name, curve in found.losses.items():
        assert curve[0] == pytest.approx(0, abs=1e-15), name
        assert (curve[1:] > 0).all(), name


def test_the_curves_are_the_named_losses():
    found, images = path_losses(3, SMALL).losses, path(3, SMALL)
    maps = [np.fft.fftshift(np.fft.ifft2(np.abs(np.fft.fft2(one)) ** 2).real) / 64**2 for one in images[[0, 9]]]
    squares = np.square(maps[1] - maps[0])
    assert found["MSE"][9] == pytest.approx(np.square(images[9] - images[0]).mean())
    assert found["CESS"][9] == pytest.approx(squares.mean())
    assert found["CESS 16x16"][9] == pytest.approx(squares[24:40, 24:40].mean())
    mixed = found[SMALL.mixed(1e-3, "summed")]
    np.testing.assert_allclose(mixed, 1e-3 * 64**2 * found["MSE"] + 2.3e3 * found["CESS"])
    tuned = found["fine-tuning"]
    np.testing.assert_array_equal(tuned[:5], found["CESS"][:5])
    np.testing.assert_allclose(tuned[5:] / found["MSE"][5:], tuned[-1] / found["MSE"][-1])


def test_minima_are_counted_by_their_depth():
    t = np.linspace(0, 1, 101)
    waves = t + 0.2 * np.sin(6 * np.pi * t)
    assert len(local_minima(waves)) == 3
    assert len(local_minima(waves, prominence=0.9)) == 0
    assert len(local_minima(t)) == 0
    assert len(local_minima(t + 1e-4 * np.sin(60 * np.pi * t))) == 0


@pytest.mark.parametrize("seed", range(4))
def test_homometric_twins_have_the_same_map_and_are_not_the_same_image(seed: int):
    twins = homometric_twins(seed, size=64, radius=4)
    np.testing.assert_array_equal(*autocorrelation(np.stack([twins.first, twins.second])))
    assert twins.largest_difference == twins.relative_error == 0
    assert twins.aligned_error > 0.005
    assert twins.first.sum() == twins.second.sum() == 9 * 49  # circles of radius 4, pixel by pixel


def test_a_reflection_is_a_twin_of_any_image():
    image = gaussian_random_field((48, 40), correlation_length=3, phase_fraction=0.4, seed=0)[0]
    twins = reflected_twins(image, (5, 9))
    assert twins.largest_difference == 0
    assert twins.pixel_error > 0.2
    assert twins.aligned_error == 0
    assert aligned_error(image, np.roll(image, (3, 7), (0, 1))) == 0
    assert aligned_error(image, image.T[: len(image)].repeat(2, 0)[:48].repeat(2, 1)[:, :40]) > 0.1


def test_descent_finds_an_image_of_nearly_the_same_statistics():
    image = homometric_twins(1, size=64, radius=4).first
    twins = descended_twins(image, seed=0, steps=600)
    assert twins.relative_error < 0.02
    assert twins.pixel_error > 0.1
    assert set(np.unique(twins.second)) == {0, 1}


def survey_of(counts: dict[str, list[int]], settings: Landscape = SMALL) -> PathsOfSeeds:
    """A survey with so many minima of each loss on each path, all at the end of the path."""
    seeds = range(len(next(iter(counts.values()))))
    t = settings.steps - 2
    paths = [
        PathLosses(seed, dict.fromkeys(counts, settings.t), {name: np.full(n[seed], t) for name, n in counts.items()})
        for seed in seeds
    ]
    return PathsOfSeeds(settings, paths)


def test_a_claim_is_confirmed_only_where_the_difference_is_certain():
    certain = survey_of({"CESS": [3, 4, 3, 4], "MSE": [1, 1, 0, 1]})
    chance = survey_of({"CESS": [3, 0, 3, 0], "MSE": [1, 1, 2, 1]})
    assert certain.fewer("MSE", "CESS")
    assert not certain.fewer("CESS", "MSE")
    assert not chance.fewer("MSE", "CESS")
    assert certain.near("CESS").sum() == 0


def test_a_claim_whose_contrary_holds_elsewhere_is_not_confirmed():
    names = {SMALL.mixed(1e-3, "summed"): [1] * 4, SMALL.mixed(1e-3, "mean"): [3, 4, 3, 4], "fine-tuning": [1] * 4}
    rest = {"CESS": [3, 4, 3, 4], "MSE": [1] * 4} | names
    helped, hurt = (survey_of(rest | {"CESS 16x16": [count] * 4}) for count in (1, 7))
    verdicts = [[one.verdict for one in findings(held)][4] for held in ([helped], [helped, hurt], [hurt])]
    assert verdicts == ["confirmed", "not confirmed", "not confirmed"]
    chance = survey_of(rest | {"CESS 16x16": [3, 4, 4, 3]})
    found = findings([helped, chance])[4]
    assert found.verdict == "confirmed in part"
    assert "holds in 1 of 2 experiments, the contrary in 0" in found.evidence


def test_findings_name_every_experiment_and_what_part_of_them_agrees():
    held = paths_of_seeds([SMALL, Landscape(size=64, radius=6, steps=21, crop=16, pairing="nearest")], range(3))
    found = findings(held)
    assert len(found) == 6
    for one in found:
        assert one.verdict in ("confirmed", "confirmed in part", "not confirmed")
        assert "r = 5, paired by index" in one.evidence
        assert "r = 6, paired by nearest" in one.evidence


@pytest.mark.slow
def test_thirty_seeds_say_what_was_measured_before():
    """The note's counts by index pairing, radius 12: 1.27, 2.93, 2.37, 1.27, 2.93; its circles are drawn otherwise."""
    (held,) = paths_of_seeds([Landscape(radius=12)], range(30))
    counts = {name: held.counts(name).mean() for name in held.names}
    expected = {"MSE": 1.27, "CESS": 2.93, "CESS 50x50": 2.37, "CESS, reading B": 1.87}
    assert {name: counts[name] for name in expected} == pytest.approx(expected, abs=0.35)
    settings = held.settings
    assert counts[settings.mixed(1e-3, "summed")] == pytest.approx(counts["MSE"], abs=0.1)
    assert counts[settings.mixed(1e-3, "mean")] == counts["CESS"]
    verdicts = [one.verdict for one in findings([held])]
    assert verdicts[0] == verdicts[1] == verdicts[2] == "confirmed"
    assert verdicts[3] == "not confirmed"


@pytest.mark.parametrize("wrong", [{"pairing": "best"}, {"steps": 2}, {"join": 0}, {"crop": 300}, {"prominence": 1}])
def test_mistakes_are_told(wrong: dict):
    with pytest.raises(RaysysError, match="allowed"):
        Landscape(**wrong)
