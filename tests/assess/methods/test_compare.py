"""The one call: numbers of the held-out tiles, tables, sentences, and nothing of the platform loaded."""

import math
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.generators import untrained_generator

from raysys import RaysysError
from raysys.assess import Comparison, compare_methods
from raysys.data import Tiles, gaussian_random_field
from raysys.data.separation import separation
from raysys.form import Form
from raysys.models import GenerativeModel, load
from raysys.report.elements.notation import HTML
from raysys.stats import characterise, compare, distances, memorising, real_against_real

NAMES = ("S2", "P3H", "P4", "L")


@pytest.fixture(scope="module")
def noise(rock_tiles: Tiles) -> np.ndarray:
    shape = rock_tiles.held_out.shape
    return (np.random.default_rng(5).random(shape) < rock_tiles.held_out.mean()).astype(np.uint8)


@pytest.fixture(scope="module")
def found(
    rock: Path, rock_tiles: Tiles, rock_model: Path, rock_farms: dict[str, Path], noise: np.ndarray
) -> Comparison:
    """Sets of every kind, a copy of the reference and white noise among them."""
    sets = {"copy": rock_tiles.held_out, "gan": rock_model, **rock_farms, "noise": noise}
    return compare_methods(rock, sets, descriptors=NAMES, power="none")


def test_errors_and_bands_are_those_of_the_held_out_tiles(
    found: Comparison, rock_tiles: Tiles, rock_model: Path, noise: np.ndarray
):
    real = rock_tiles.held_out
    images = {"copy": real, "gan": load(rock_model, kind=GenerativeModel).sample(len(real)), "noise": noise}
    measured = characterise(real, NAMES)
    apart = separation(rock_tiles.train, rock_tiles.train_origins, Form("binary", real.shape[1:]))
    others = characterise(rock_tiles.train[apart.places], NAMES)
    assert found.baseline == real_against_real(others, groups=apart.groups, size=len(real))
    assert found.others == ["copy", "gan", "s2", "more", "noise"]
    for name, each in images.items():
        assert found.errors[name] == compare(measured, characterise(each, NAMES))
        np.testing.assert_array_equal(found.images[name], each)
    assert {found.verdict("copy", name).kind for name in NAMES} == {"below"}
    assert {found.verdict("noise", name).kind for name in NAMES} == {"above"}
    assert found.parameters["descriptors"] == (*NAMES, "pores")
    assert found.parameters["n"] == len(real)


def test_tables_say_what_the_object_holds(found: Comparison, rock_tiles: Tiles):
    errors = found.rows("errors")
    assert {(row["set"], row["descriptor"]): row["mse"] for row in errors} == {
        (name, descriptor): error for name, of_set in found.errors.items() for descriptor, error in of_set.items()
    }
    row = next(row for row in errors if (row["set"], row["descriptor"]) == ("noise", "P4"))
    assert row["times_band"] == row["mse"] / found.baseline["P4"].high > 1
    assert (row["verdict"], row["band_low"]) == ("above", found.baseline["P4"].low)
    asked = {row["set"]: row["asked"] for row in errors}
    assert asked == {"copy": "", "gan": "", "s2": "S2", "more": "S2 L", "noise": ""}
    pores = {(row["set"], row["number"]): row for row in found.rows("pores")}
    area = distances(found.characterisations["real"], found.characterisations["noise"], groups=None)
    assert pores["noise", "area"]["values"] == found.characterisations["noise"].pores.count
    assert pores["noise", "area"]["w1"] == next(one for one in area if one.name == "pores/area").measures["w1"].value
    times = {row["set"]: row for row in found.rows("times")}
    assert times["gan"]["seconds_per_image"] > 0
    assert math.isnan(times["gan"]["training_seconds"])
    assert {row["set"]: row["verdict"] for row in found.rows("copies")}["noise"] == "no copies"
    assert {row["subject"]: row["verdict"] for row in found.rows("verdicts")} == found.sentences
    with pytest.raises(
        RaysysError, match="has no table 'curves'; allowed: verdict, power, errors, distances, pores, times, copies"
    ):
        found.rows("curves")


def test_tables_come_as_frames(found: Comparison):
    pandas = pytest.importorskip("pandas")
    frame = found.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == 5 * len(NAMES)
    assert frame.pivot(index="set", columns="descriptor", values="mse").loc["noise", "L"] == found.errors["noise"]["L"]
    assert list(found.to_frame("times")["method"]) == ["images", "model", "annealed", "annealed", "images"]


def test_sentences_claim_and_copies_follow(found: Comparison, rock_tiles: Tiles, noise: np.ndarray):
    assert list(found.sentences)[: len(NAMES) + 1] == ["verdict", *NAMES]
    for name in NAMES:
        assert "copy lies within the band" in found.sentences[name]
        assert "noise lies outside the band, at" in found.sentences[name]
    assert [(claim.model, claim.annealed) for claim in found.claim] == [("gan", "s2")]
    assert f"{found.claim[0].verdict} for gan against s2" in found.sentences["claim"]
    assert found.sentences["annealed"].startswith("more, annealed on S2 and L, against s2, annealed on two points")
    assert list(found.told(HTML)) == list(found.sentences)
    expected = memorising(noise, [rock_tiles.image[:, :144]], [rock_tiles.image[:, 144:]])
    assert found.copies["noise"].p == expected.p
    assert repr(found) == "<Comparison of copy, gan, s2, more and noise with real (18 images) by 4 descriptors>"


def test_it_can_be_sent_to_another_process(found: Comparison):
    again = pickle.loads(pickle.dumps(found))
    assert again.sentences == found.sentences
    assert replace(again, methods={}).others == found.others


def test_arrays_and_loaded_models_need_no_file(rock_tiles: Tiles, noise: np.ndarray):
    model, said, seen = untrained_generator("loaded"), [], set()
    found = compare_methods(
        rock_tiles.held_out,
        {"noise": noise, "gan": model},
        descriptors="S2, L",
        pores=False,
        n=6,
        seed=3,
        say=said.append,
        progress=lambda what, done, total, of: seen.add((what, of)),
        power="none",
    )
    np.testing.assert_array_equal(found.images["gan"], model.sample(6, seed=3))
    assert found.methods["gan"].source == "model loaded"
    assert found.descriptors == ["S2", "L"]
    assert list(found.notices) == said
    assert said[0].startswith("Reference: 18 images of 16 x 16 pixels of the given images")
    assert "gan has 6, and the reference 18" in said[-1]
    assert seen >= {("samples of gan", "images"), ("measuring real", "parts"), ("measuring noise", "parts")}
    assert found.copies == {}


def test_images_of_another_size_are_compared_up_to_the_common_lag(rock_tiles: Tiles):
    large = gaussian_random_field((32, 32), correlation_length=2.0, phase_fraction=0.35, seed=1, n=4)
    found = compare_methods(rock_tiles.held_out, {"large": large}, descriptors=("S2",), pores=False, power="none")
    assert found.characterisations["large"].curves["S2"].r[-1] == 7
    assert (
        "images of large have 32 x 32 pixels and real ones 16 x 16: curves are compared up to r = 7 in all sets, and "
        "pores are cut by the edges of their own images"
    ) in found.notices


def test_a_generator_that_has_collapsed_is_said_and_not_judged(rock_tiles: Tiles):
    model = untrained_generator("flat")
    for weights in model.network.parameters():
        weights.data.zero_()
    found = compare_methods(rock_tiles.held_out, {"flat": model}, descriptors="S2", pores=False, n=4, power="none")
    assert "all images of flat are the same: its generator has collapsed" in found.notices
    assert found.sentences["S2"] == "S2: flat cannot be judged (its images hold one phase only)."
    assert "mode collapse" in found.methods["flat"].told


def test_pores_and_scalars_alone_are_compared_without_a_band(rock_tiles: Tiles, noise: np.ndarray):
    found = compare_methods(rock_tiles.held_out, {"noise": noise}, descriptors="specific_surface", power="none")
    assert (found.errors, found.band, found.rows("errors")) == ({"noise": {}}, "", [])
    assert {row["number"] for row in found.rows("pores")} >= {"area", "orientation"}


@pytest.mark.parametrize(
    ("sets", "how", "expected"),
    [
        ({}, {}, "nothing to compare with the real images"),
        ({"a": np.ones((2, 4, 4, 4), np.uint8)}, {}, "a holds an array of 2 x 4 x 4 x 4, and --dims is 2"),
        (
            {"a": untrained_generator("solid", dims=3)},
            {},
            "--model a makes images of 16 x 16 x 16 pixels, and the real",
        ),
        ({"a": np.eye(16, dtype=np.uint8)}, {"descriptors": "XX"}, "--descriptors XX: XX is not known; allowed with"),
        ({"a": np.eye(16, dtype=np.uint8)}, {"nearest": 4}, "no model's card says how this one was prepared"),
        ({"a": np.eye(16, dtype=np.uint8)}, {"n": 1}, "n is 1; allowed: 2 or more"),
        ({"a": np.eye(16, dtype=np.uint8)}, {"nearest_side": 1}, "nearest_side is 1; allowed: 2 or more"),
    ],
    ids=["nothing", "volumes", "a generator of volumes", "descriptors", "nearest", "one image", "a side of one"],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_measured(
    rock_tiles: Tiles, sets: dict[str, object], how: dict[str, object], expected: str
):
    seen: list[object] = []
    with pytest.raises(RaysysError) as error:
        compare_methods(rock_tiles.held_out, sets, **how, progress=lambda *told: seen.append(told), power="none")
    assert expected in str(error.value)
    assert seen == []


PROGRAM = """
import sys
import numpy as np
from raysys.assess import compare_methods
noise = (np.random.default_rng(0).random((4, 16, 16)) < 0.3).astype(np.uint8)
sets = {"gan": sys.argv[2], "s2": sys.argv[3], "noise": noise}
found = compare_methods(sys.argv[1], sets, descriptors="S2", pores=False, nearest=0, n=2, power="none")
print(found.sentences["S2"])
print(sorted({"ray", "mlflow", "optuna", "typer", "rich", "bokeh"} & sys.modules.keys()))
"""


def test_a_fresh_process_loads_nothing_of_the_platform(rock: Path, rock_model: Path, rock_farms: dict[str, Path]):
    arguments = [str(path) for path in (rock, rock_model, rock_farms["s2"])]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sentence, loaded = done.stdout.splitlines()
    assert sentence.startswith("S2: ")
    assert loaded == "[]"
