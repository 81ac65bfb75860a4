"""The page about annealing, and the one that is seen while it runs."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.pages import Page

from raysys import RaysysError
from raysys.anneal import History, Progress, Reconstruction, Schedule, Target, anneal, snapshots
from raysys.anneal.order import CHAINS
from raysys.anneal.reached import reached
from raysys.report import annealing_page
from raysys.report.annealing.asked import asked_notes
from raysys.report.annealing.convergence import convergence_section, course, moves_made
from raysys.report.annealing.live import LivePage
from raysys.report.annealing.page import Snapshot, windows_of
from raysys.stats import Baseline, Characterisation, characterise, real_against_real

NAMES = ("S2", "P4", "L")
SHAPE = (32, 32)
SCHEDULE = Schedule(stages=30, moves=400, levels=2)


@pytest.fixture(scope="module")
def given(images: dict[str, np.ndarray]) -> np.ndarray:
    return images["real <rock>"]


@pytest.fixture(scope="module")
def target(given: np.ndarray) -> Target:
    return Target.from_images(given, r_max=12)


@pytest.fixture(scope="module")
def results(target: Target) -> list[Reconstruction]:
    return [anneal(target, SHAPE, seed=0, chain=k, schedule=SCHEDULE) for k in range(4)]


@pytest.fixture(scope="module")
def sets(given: np.ndarray, results: list[Reconstruction]) -> dict[str, Characterisation]:
    made = np.stack([one.image for one in results])
    return {"given": characterise(given, NAMES, r_max=12), "annealed": characterise(made, NAMES, r_max=12)}


@pytest.fixture(scope="module")
def band(sets: dict[str, Characterisation]) -> dict[str, Baseline]:
    return real_against_real(sets["given"], splits=20)


@pytest.fixture
def written(tmp_path: Path, target, results, sets, given, band) -> Callable[..., Page]:
    def write(**changes: object) -> Page:
        settings = {
            "title": "Annealing <rock>",
            "target": target,
            "reconstructions": results,
            "reached": reached(target, [one.image for one in results]),
            "characterisations": sets,
            "given": given,
            "baseline": band,
        }
        path = tmp_path / "page.html"
        annealing_page(path, **settings | changes)
        return Page(path)

    return write


def test_the_page_is_one_file_that_shows_everything(written, target):
    images = snapshots(target, SHAPE, 0, 0, SCHEDULE, [0, 5, 60])
    moments = zip((0, 5, 60), images, (None, 2, 1), strict=True)
    way = [Snapshot(stage, image, 10 * stage, energy) for stage, image, energy in moments]
    page = written(snapshots=way, notes=["Of a <quarry>."])
    outside = [attrs.get(key) for _, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert all(link.startswith(("data:", "#")) for link in outside)
    for part in ("Images", "Convergence", "On the way", "Target and what was reached", "Against the real images"):
        assert part in page.spaced
    for words in ("stage 5 50 moves E = 2", "stage 60", "Of a <quarry>.", "T0 1e-07", "30 stages at each of 2 levels"):
        assert words in page.spaced
    assert sum(tag == "img" for tag, _ in page.tags) == 8 + 4 + 3
    assert "16 × 16" not in page.spaced


def test_errors_and_the_energy_are_the_numbers_that_were_measured(written, target, results, sets):
    from raysys.stats import compare

    page = written()
    found, name = {}, None
    for _, attrs in page.tags:
        name = attrs.get("data-descriptor", name)
        if "data-mse" in attrs:
            found[name] = float(attrs["data-mse"])
    assert found == compare(sets["given"], sets["annealed"])
    median = np.median([one.energy for one in results])
    mantissa, exponent = f"{median:.2e}".split("e")
    assert f"median energy of {mantissa} × 10 −{abs(int(exponent))}" in page.spaced


def test_it_says_what_the_target_left_open(written, sets):
    far = {name: Baseline(1e-12, 1e-13, 1e-11) for name in NAMES}
    near = far | {"S2": Baseline(1.0, 0.5, 2.0)}
    assert "The target alone does not determine the microstructure" in written(baseline=near).spaced
    assert "S 2 they lie within the band of real images" in written(baseline=near).spaced
    text = written(baseline=far).spaced
    assert "S 2 was asked for, and its error is" in text
    assert "does not determine" not in text
    wide = {name: Baseline(1.0, 0.5, 2.0) for name in NAMES}
    assert "none gives them away" in written(baseline=wide).spaced
    assert "There is no real-against-real band" in written(baseline=None).spaced


def test_without_real_images_there_is_nothing_to_compare(written, sets):
    page = written(characterisations={"annealed": sets["annealed"]}, given=None, baseline=None)
    assert "Against the real images" not in page.spaced
    assert "Target and what was reached" in page.spaced


def test_failed_chains_are_told(written):
    page = written(failed={3: "its worker died"})
    assert "1 chain failed." in page.spaced
    assert "Chain 3 failed: its worker died" in page.spaced


def test_volumes_of_several_phases(tmp_path):
    volume = np.random.default_rng(0).choice(np.array([0, 3, 9], np.uint8), (1, 5, 5, 5)).repeat(2, 1)
    volume = volume.repeat(2, 2).repeat(2, 3)
    target = Target.from_images(volume, {"S2": 1, "L": 2}, phase=None, r_max=3)
    result = anneal(target, (8, 8, 8), seed=0, schedule=Schedule(stages=5, moves=100))
    sets = {"given": characterise(volume, ("S2",), phase=9, r_max=3)}
    sets["annealed"] = characterise(result.image[None], ("S2",), phase=9, r_max=3)
    annealing_page(
        tmp_path / "page.html",
        title="Three",
        target=target,
        reconstructions=[result],
        reached=reached(target, [result.image]),
        characterisations=sets,
        given=volume,
        snapshots=[Snapshot(0, result.image, 0, None)],
    )
    page = Page(tmp_path / "page.html")
    assert "phases 0, 3 and 9 from black to white" in page.spaced
    assert "of phase 9" in page.spaced
    assert "They end at an energy of" in page.spaced


def test_nothing_is_no_page(written):
    with pytest.raises(RaysysError, match="needs a reconstruction"):
        written(reconstructions=[])
    with pytest.raises(RaysysError, match="needs a reconstruction"):
        written(characterisations={})


def chain(energy: list[float], level: list[int], swaps: int, schedule: Schedule) -> Reconstruction:
    values = np.array(energy, np.float64)
    history = History(np.full(len(values), 1e-7), values, np.full(len(values), 0.5), np.array(level, np.float64))
    return Reconstruction(np.zeros((32, 16), np.uint8), energy[-1], history, swaps, 1.0, 0, 0, schedule, 8)


def test_moves_of_levels_follow_their_pixels_and_the_last_stage_may_be_cut():
    schedule = Schedule(stages=3, levels=2)
    each = [schedule.moves_for((16, 8))] * 3 + [schedule.moves_for((32, 16))] * 2
    whole = chain([5, 4, 3, 2, 1], [0, 0, 0, 1, 1], sum(each), schedule)
    np.testing.assert_array_equal(moves_made(whole), np.cumsum(each))
    cut = chain([5, 4, 3, 2, 0], [0, 0, 0, 1, 1], sum(each) - 17, schedule)
    np.testing.assert_array_equal(moves_made(cut), [*np.cumsum(each)[:-1], sum(each) - 17])


def test_a_course_is_the_median_of_what_chains_had_after_as_many_moves():
    schedule = Schedule(moves=10)
    chains = [chain([8, 4, 2], [0] * 3, 30, schedule), chain([6, 2], [0] * 2, 20, schedule)]
    chains.append(chain([7, 6, 5, 4], [0] * 4, 40, schedule))
    found = course(chains, "energy")
    at = dict(zip(found.moves.astype(int).tolist(), found.median, strict=True))
    assert (at[10], at[20], at[30], at[40]) == (7, 4, 2, 2)  # those that have ended stay what they were
    assert (found.low <= found.median).all()
    assert (found.median <= found.high).all()


@pytest.mark.parametrize("energy", [[1.0], [1.0, 0.0], [0.0]])
def test_one_stage_and_an_energy_of_zero_can_be_drawn(energy):
    section = convergence_section([chain(energy, [0] * len(energy), 10 * len(energy), Schedule(moves=10))])
    assert section is not None
    assert "Dotted lines" not in section.caption


def test_chains_without_a_stage_are_not_drawn():
    empty = Reconstruction(np.zeros((4, 4), np.uint8), 0.0, History(*np.zeros((4, 0))), 0, 0.0, 0, 0, Schedule(), 2)
    assert convergence_section([empty]) is None


def test_notes_name_every_choice(target, results):
    text = " ".join(asked_notes(target, results[0]))
    for words in ("S2 up to r = 12", "the mean of 12 images, boundary open", "selection interface", "(seed 0, k)"):
        assert words in text


def test_windows_lie_side_by_side():
    images = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    found = windows_of(images, (2, 3))
    assert len(found) == 2 * 2 * 2
    np.testing.assert_array_equal(found[3], images[0, 2:4, 3:6])
    assert windows_of(images, (6, 3)) == []


def told(fraction: float, energy: float = 1e-4, **changes: object) -> Progress:
    settings = {"work": 10, "rate": 5.0, "fraction": fraction, "seconds_left": 3.0, "workers": 2}
    energies = {"lowest": energy / 2, "median": energy, "highest": 2 * energy}
    image = np.eye(6, dtype=np.uint8)
    return Progress(1, 2, 4, energy, 0, 3, **settings | energies | changes, shown=lambda: image)


def test_the_live_page_reloads_itself_until_it_says_how_it_ended(tmp_path):
    page = LivePage(tmp_path / "live.html", "Rock & roll", CHAINS)
    first = (tmp_path / "live.html").read_text()
    assert "starting" in first
    assert 'http-equiv="refresh" content="2"' in first
    page.update(told(0.4))  # too soon after the first
    assert (tmp_path / "live.html").read_text() == first
    page.end()
    last = Page(tmp_path / "live.html")
    assert "Rock & roll" in last.spaced
    assert "finished" in last.spaced
    assert "1.00 × 10 −4 median" in last.spaced or "1 × 10 −4 median" in last.spaced
    assert not any(attrs.get("http-equiv") == "refresh" for _, attrs in last.tags)
    assert any(tag == "img" for tag, _ in last.tags)


def test_the_live_page_keeps_its_whole_curve(tmp_path):
    page = LivePage(tmp_path / "live.html", "Rock", CHAINS, seconds=0)
    for step in range(1, 601):
        page.update(told(step / 600, 10.0 ** (-step / 100), pending=step % 2, failed=1))
    content = (tmp_path / "live.html").read_text()
    assert "running" in content
    assert "1 failed" in content
    (line,) = re.findall(r'<polyline points="([^"]+)"', content)
    places = np.array([pair.split(",") for pair in line.split()], np.float64)
    assert 100 < len(places) <= 401  # thinned
    assert (np.diff(places[:, 0]) >= 0).all()
    assert places[0, 0] < 200
    assert places[-1, 0] == pytest.approx(630)
    assert (np.diff(places[:, 1]) >= 0).all()  # falling energy goes down the page
    page.end("failed: no CPU")
    assert "failed: no CPU" in Page(tmp_path / "live.html").spaced


def test_a_live_page_of_nothing_is_a_page(tmp_path):
    page = LivePage(tmp_path / "live.html", "Rock", CHAINS)
    page.update(told(0.0, 0.0, rate=0.0, seconds_left=None))
    page.end("interrupted")
    assert "interrupted" in Page(tmp_path / "live.html").spaced
