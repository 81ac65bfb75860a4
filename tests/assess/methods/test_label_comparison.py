"""Label images, phase by phase: the numbers of each phase's own images, tables, words, and copies of the whole."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from support.generators import untrained_generator
from support.kinds import PHASES
from support.phases import TILE, label_generator
from support.rock import anneal_folder

from raysys import RaysysError
from raysys.assess import Comparison, LabelComparison, compare_methods
from raysys.assess.methods.annealed import annealed
from raysys.assess.notation import PLAIN
from raysys.data import DataSettings, Tiles, prepare
from raysys.data.separation import separation
from raysys.form import Form
from raysys.models import GenerativeModel, load
from raysys.report.elements.notation import HTML
from raysys.stats import characterise, compare, memorising, real_against_real

NAMES = ("S2", "L")
REAL_PHASES = ("pore", "nickel", "ceramic")


@pytest.fixture(scope="module")
def noise(alloy_tiles: Tiles) -> np.ndarray:
    """Labels without structure, of the real ones' fractions."""
    return np.random.default_rng(1).permutation(alloy_tiles.held_out.reshape(-1)).reshape(alloy_tiles.held_out.shape)


@pytest.fixture(scope="module")
def found(alloy: Path, alloy_tiles: Tiles, alloy_model: Path, noise: np.ndarray) -> LabelComparison:
    sets = {"copy": alloy_tiles.held_out, "gan": alloy_model, "noise": noise}
    return compare_methods(alloy, sets, descriptors=NAMES, power="none")


def test_curves_and_errors_of_each_phase_are_those_of_its_own_images(
    found: LabelComparison, alloy_tiles: Tiles, alloy_model: Path, noise: np.ndarray
):
    real = alloy_tiles.held_out
    apart = separation(alloy_tiles.train, alloy_tiles.train_origins, Form("labels", real.shape[1:], PHASES))
    drawn = load(alloy_model, kind=GenerativeModel).sample(len(real))
    images = {"real": real, "copy": real, "gan": drawn, "noise": noise}
    assert tuple(found.phases) == PHASES
    for number, one in enumerate(found.phases.values()):
        measured = {name: characterise((each == number).astype(np.uint8), NAMES) for name, each in images.items()}
        others = characterise((alloy_tiles.train[apart.places] == number).astype(np.uint8), NAMES)
        assert one.baseline == real_against_real(others, groups=apart.groups, size=len(real))
        for name, expected in measured.items():
            for curve in expected.curves.values():
                np.testing.assert_array_equal(one.characterisations[name].curves[curve.name].values, curve.values)
            np.testing.assert_array_equal(one.characterisations[name].phase_fractions, expected.phase_fractions)
            assert name == "real" or one.errors[name] == compare(measured["real"], expected)
    np.testing.assert_array_equal(found.images["gan"], drawn)


def test_a_phase_is_compared_as_binary_images_of_it_are(alloy_tiles: Tiles, noise: np.ndarray):
    real = alloy_tiles.held_out
    found = compare_methods(real, {"noise": noise}, phases=PHASES, descriptors="S2,L", power="none")
    for number, one in enumerate(found.phases.values()):
        binary = compare_methods(
            (real == number).astype(np.uint8),
            {"noise": (noise == number).astype(np.uint8)},
            descriptors="S2,L",
            power="none",
        )
        for table in ("errors", "distances", "pores"):
            assert one.rows(table) == binary.rows(table)
        assert (one.band, one.sentences) == (binary.band, binary.sentences)


def test_tables_have_a_row_for_each_phase_and_descriptor(found: LabelComparison):
    rows = found.rows()
    assert [(row["phase"], row["set"], row["descriptor"]) for row in rows] == [
        (phase, name, descriptor) for phase in PHASES for name in ("copy", "gan", "noise") for descriptor in NAMES
    ]
    assert {row["mse"] for row in rows if row["set"] == "copy"} == {0.0}
    assert {row["phase"] for row in found.rows("pores")} == set(PHASES)
    assert [row["set"] for row in found.rows("copies")] == [row["set"] for row in found.rows("times")]
    assert {row["subject"]: row["verdict"] for row in found.rows("verdicts")} == found.sentences
    with pytest.raises(RaysysError, match="has no table 'curves'; allowed: verdict, power, errors, distances"):
        found.rows("curves")


def test_sentences_name_their_phase_and_the_first_counts_over_all(found: LabelComparison):
    for phase in PHASES:
        for name in NAMES:
            sentence = found.sentences[f"{phase}/{name}"]
            assert sentence.startswith(f"{name} of {phase}: ")
            assert "copy lies within the band" in sentence
        assert found.sentences[f"{phase}/pores/area"].startswith(f"Pore area of {phase}: copy lies within the band")
    overall = found.sentences["overall"]
    assert "copy lies within the band of all 6 descriptors of all phases." in overall
    assert "gan lies outside the band of each of the 6 descriptors of all phases; the furthest off, " in overall
    assert "noise lies within the band of 1 of the 6 descriptors of all phases: pore 0 of 2, " in overall
    (phase, name), verdict = max(found.verdicts("noise").items(), key=lambda held: held[1].times)
    assert overall.endswith(f"{name} of {phase} is {PLAIN.ratio(verdict.times)} times the band's upper end.")
    assert list(found.told(HTML)) == list(found.sentences)
    assert repr(found) == (
        "<LabelComparison of copy, gan and noise with real (18 images) by 2 descriptors of pore, grain and rim>"
    )
    assert pickle.loads(pickle.dumps(found)).sentences == found.sentences


def test_a_set_that_is_near_in_some_phases_is_counted_by_phase(alloy_tiles: Tiles):
    real = alloy_tiles.held_out
    shuffled = np.where(real == 0, 0, np.random.default_rng(2).integers(1, 3, real.shape)).astype(np.uint8)
    found = compare_methods(real, {"half": shuffled}, phases=PHASES, descriptors="S2,L", pores=False, power="none")
    assert (found.phases["pore"].errors["half"]["S2"], found.phases["pore"].verdict("half", "L").within) == (0, True)
    assert (
        "half lies within the band of 2 of the 6 descriptors of all phases: pore 2 of 2, grain 0 of 2 and "
        "rim 0 of 2; the furthest off,"
    ) in found.sentences["overall"]


def test_copies_are_looked_for_in_all_phases_at_once(found: LabelComparison, alloy_tiles: Tiles, noise: np.ndarray):
    parts = [alloy_tiles.image[:, :144]], [alloy_tiles.image[:, 144:]]
    expected = memorising(noise, *parts, labels=True)
    assert found.copies["noise"].p == expected.p
    np.testing.assert_array_equal(found.copies["noise"].generated.distances, expected.generated.distances)
    assert found.copies["noise"].kind == "no copies"


def test_a_sample_without_one_of_the_phases_is_judged(alloy_tiles: Tiles):
    real = alloy_tiles.held_out
    found = compare_methods(
        real, {"poor": np.where(real == 2, 1, real)}, phases=PHASES, descriptors="S2,L", power="none"
    )
    assert found.sentences["rim/S2"] == "S2 of rim: poor cannot be judged (its images hold one phase only)."
    assert found.phases["rim"].verdict("poor", "L").kind == "above"
    assert "(1 more could not be judged)" in found.sentences["overall"]


def test_two_phases_share_their_error_of_s2_and_no_other(alloy_tiles: Tiles):
    real, other = ((tiles > 0).astype(np.uint8) for tiles in (alloy_tiles.held_out, alloy_tiles.train[:9]))
    found = compare_methods(
        real, {"a": other}, phases="all", descriptors="S2,L", boundary="periodic", pores=False, power="none"
    )
    first, second = found.phases["0"], found.phases["1"]
    assert first.errors["a"]["S2"] == pytest.approx(second.errors["a"]["S2"])
    assert first.errors["a"]["L"] != pytest.approx(second.errors["a"]["L"])


def test_annealed_labels_are_read_by_their_stored_values(alloy: Path, alloy_tiles: Tiles, tmp_path: Path):
    stored = np.array([0, 128, 255], np.uint8)[alloy_tiles.train]
    folder = anneal_folder(tmp_path / "farm", stored, {"S2": 1.0}, phase=None)
    found = compare_methods(
        alloy, {"s2": folder}, phases={"pore": 0, "grain": 128, "rim": 255}, descriptors="S2", pores=False, power="none"
    )
    assert np.unique(found.images["s2"]).tolist() == [0, 1, 2]
    assert found.methods["s2"].asked == ("S2",)
    assert found.images["real"].shape == (72, TILE, TILE)  # the picture's own tiles
    with pytest.raises(RaysysError, match="holds values that are no phase's: 128, 255; allowed: a 0, b 1, c 2"):
        annealed(folder, {"a": (0,), "b": (1,), "c": (2,)})
    two = anneal_folder(tmp_path / "two", (alloy_tiles.train > 0).astype(np.uint8), {"S2": 1.0}, phase=None)
    assert np.unique(annealed(two, {"pore": (0,), "rest": (1,)}).images).tolist() == [0, 1]


def test_a_real_anode_and_windows_stolen_from_it(anode: Path, tmp_path: Path):
    tiles = prepare(DataSettings(images=str(anode), phases=REAL_PHASES, tile=24, stride=24))
    gan = label_generator(tmp_path, tiles, REAL_PHASES)
    random = np.random.default_rng(3)
    corners = [(random.integers(0, 192 - 24), random.integers(0, 216 - 24)) for _ in range(16)]
    stolen = np.stack([np.rot90(tiles.image[y : y + 24, x : x + 24]) for y, x in corners])
    found = compare_methods(anode, {"gan": gan, "thief": stolen}, descriptors="S2,L", pores=False, n=16, power="none")
    assert (found.copies["gan"].kind, found.copies["thief"].kind) == ("no copies", "copies")
    assert found.images["gan"].shape == (16, 24, 24)
    for number, one in enumerate(found.phases.values()):
        expected = characterise((tiles.held_out == number).astype(np.uint8), NAMES)
        np.testing.assert_array_equal(one.characterisations["real"].curves["L"].values, expected.curves["L"].values)
        assert one.errors["gan"]["L"] > one.errors["thief"]["L"]


def test_a_real_cathode_in_space(cathode: Path, tmp_path: Path):
    settings = {"dims": 3, "tile": TILE, "stride": TILE, "held_out": 0.34}
    tiles = prepare(DataSettings(images=str(cathode), phases=["pore", "nmc", "binder"], **settings))
    gan = label_generator(tmp_path, tiles, ("pore", "nmc", "binder"))
    found = compare_methods(cathode, {"gan": gan}, descriptors="S2,L,minkowski", nearest=0, power="none")
    assert found.images["gan"].shape == (len(tiles.held_out), TILE, TILE, TILE)
    fractions = [one.characterisations["real"].phase_fraction for one in found.phases.values()]
    assert fractions == pytest.approx([(tiles.held_out == number).mean() for number in range(3)])
    assert {row["number"] for row in found.rows("pores")} >= {"volume", "azimuth"}


@pytest.mark.parametrize(
    ("sets", "how", "expected"),
    [
        (("labels", "other"), {}, "other makes label images of the 3 phases pore, grain, shell, and the reference's"),
        (("labels", "fewer"), {}, "allowed: the same names in the same order"),
        (("labels", "binary"), {}, "binary makes binary images, and --model labels label images of the 3 phases"),
        (("binary",), {"phases": "all"}, "--phases is for label images, and --model binary makes binary ones"),
        (("labels",), {"phase": "bright"}, "--phase is bright, and of label images every phase is compared"),
        (("labels",), {"phases": "a,b,c"}, "--phases names a, b, c, and the phases of --model labels are pore, grain"),
        (("labels",), {"phases": {"grain": 1, "pore": 0, "rim": 2}}, "allowed: the same names in the same order"),
        (("array",), {"phases": "a,b"}, "holds values that are no phase's: 2; allowed: a 0, b 1"),
        (("array",), {"phases": ["a"]}, "phases names 1; allowed: 2 to 32"),
        (("array",), {"phases": {"a": 0, "b": "x"}}, "allowed: all, names of the values 0, 1, ... such as pore,solid"),
        (("array",), {"phases": {"a": 0, "b": 0}}, "every phase needs values of its own"),
    ],
    ids=str,
)
def test_phases_that_do_not_go_together_are_refused(
    alloy_tiles: Tiles, sets: tuple[str, ...], how: dict[str, object], expected: str
):
    known = {
        "labels": untrained_generator("labels", phases=PHASES),
        "other": untrained_generator("other", phases=("pore", "grain", "shell")),
        "fewer": untrained_generator("fewer", phases=("pore", "grain")),
        "binary": untrained_generator("binary"),
        "array": alloy_tiles.train,
    }
    with pytest.raises(RaysysError) as error:
        compare_methods(alloy_tiles.held_out, {name: known[name] for name in sets}, **how, power="none")
    assert expected in str(error.value)


def test_a_grey_image_has_no_phases_to_name(alloy_tiles: Tiles):
    grey = np.random.default_rng(0).random((4, TILE, TILE), np.float32)
    with pytest.raises(RaysysError, match=r"the array of real images is grey .* and --phases all takes each value"):
        compare_methods(grey, {"a": alloy_tiles.held_out}, phases="all", power="none")


def test_binary_images_are_compared_as_ever(alloy_tiles: Tiles):
    real = (alloy_tiles.held_out == 1).astype(np.uint8)
    found = compare_methods(real, {"a": real[:6]}, descriptors="S2", pores=False, power="none")
    assert isinstance(found, Comparison)
    assert list(found.rows()[0]) == [
        "set", "method", "asked", "descriptor", "mse", "band_low", "band_median", "band_high", "times_band", "verdict",
        "white_noise",
    ]  # fmt: skip
