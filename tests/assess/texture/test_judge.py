"""Pictures of textures judged in one call: a copy and a quilt, words, tables and files."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.fields import thresholded_field
from support.textures import stripes

from raysys.assess import TextureScores, textures
from raysys.errors import RaysysError
from raysys.synthesis import quilt


@pytest.fixture(scope="module")
def source() -> np.ndarray:
    return np.random.default_rng(0).random((40, 44, 3), np.float32)


@pytest.fixture(scope="module")
def scores(source: np.ndarray) -> TextureScores:
    made = {
        "copy": source[2:38, 4:40],
        "quilt": quilt(source, (80, 88), seed=0, block=20).image,
        "noise": np.random.default_rng(1).random((40, 40, 3), np.float32),
    }
    return textures(source, made, sides=(16, 99), patches=25, patch=5, weights="random", linear="unit")


def test_a_verbatim_copy_scores_well_on_distance_and_badly_on_copying(scores: TextureScores):
    copy, noise = scores.pictures["copy"], scores.pictures["noise"]
    assert copy.copying.largest_piece == 1
    assert scores.passed("copy")["largest_piece"] is False
    assert noise.copying.largest_piece < 0.02
    # Five and twenty patches at other places than the source's are not among them, but nearer than other noise is.
    assert copy.distance[16].mean < noise.distance[16].mean
    assert copy.colour[16].mean < noise.colour[16].mean
    told = scores.sentences["copy"]
    assert f"has patch distance {copy.distance[16].mean:.3f} at 16 pixels" in told
    assert "copies its source verbatim in one piece of 100 % of the picture" in told
    assert "it copies too much" in told


def test_a_quilt_shows_pieces_of_its_source(scores: TextureScores):
    found = scores.pictures["quilt"].copying
    assert 0.01 < found.largest_piece < 0.5
    assert found.exact > 0.3
    assert found.coherent > 0.5


def test_distances_stand_beside_their_floors(scores: TextureScores):
    assert scores.side == 16
    assert scores.floors[16].patches > 0
    for name, one in scores.pictures.items():
        assert scores.floor_share(name) == one.distance[16].mean / scores.floors[16].mean
    row = scores.rows()[1]
    assert row["patch_distance_16_floor"] == scores.floors[16].mean
    assert "lpips_16" not in row
    assert scores.weights == "VGG-16 of random:0; all channels count the same"


def test_what_is_left_out_is_said(scores: TextureScores):
    assert scores.notices[0].startswith("distances are no LPIPS")
    assert scores.notices[1] == "patches of 99 pixels do not fit into the images and are left out; up to 40 do"


def test_scores_are_saved_as_they_are(scores: TextureScores, tmp_path: Path):
    files = scores.save(tmp_path / "new")
    held = json.loads(files[0].read_text())
    assert held["distance"] == "patch distance"
    assert held["colour"].startswith("mean squared difference of the pixels of two patches in CIELAB")
    assert held["pictures"]["copy"]["largest_piece"] == 1
    assert held["pictures"]["copy"]["told"] == scores.sentences["copy"]
    with files[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == ["copy", "quilt", "noise"]
    assert float(rows[1]["coverage"]) == scores.pictures["quilt"].copying.coverage
    assert scores.to_frame().shape == (3, len(rows[0]))


def test_the_same_seed_gives_the_same_scores(source: np.ndarray):
    made, options = source[:30, :30], {"sides": (16,), "patches": 9, "patch": 5, "weights": "random", "linear": "unit"}
    one, other, third = (textures(source, made, seed=seed, **options).rows()[0] for seed in (1, 1, 2))
    for row in (one, other, third):
        row.pop("seconds")
    assert one == other
    assert one["patch_distance_16"] != third["patch_distance_16"]


def test_without_weights_colours_and_copies_are_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("RAYSYS_VGG16", "RAYSYS_VGG19"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path))
    found = textures(stripes(40, seed=0), stripes(40, seed=1), sides=(16,), patches=9)
    assert found.distance_name == ""
    assert found.pictures["made"].distance == {}
    assert found.pictures["made"].colour[16].mean > 0
    assert found.sentences["made"].startswith("made has no distance to be judged by")
    assert "no distance as a network sees it" in found.notices[0]


def test_a_binary_picture_is_judged_by_the_band_of_real_tiles():
    source, same, finer = (
        thresholded_field((160, columns), 0.4, width, seed)
        for columns, width, seed in ((160, 2.0, 0), (96, 2.0, 1), (96, 0.8, 2))
    )
    made = {"same": same, "finer": finer, "thin": same & np.roll(same, 2, axis=1)}
    options = {"sides": (), "stride": 8, "weights": "random", "linear": "unit"}
    found = textures(source, made, tile=32, descriptors=("S2", "L"), **options)
    judged = {name: {key: score.verdict for key, score in one.descriptors.items()}
              for name, one in found.pictures.items()}  # fmt: skip
    assert [judged[name]["phase_fraction"].kind for name in made] == ["inside", "inside", "above"]
    assert judged["same"]["S2"].within
    assert judged["same"]["L"].within
    assert (judged["finer"]["S2"].kind, judged["finer"]["L"].kind) == ("above", "above")
    assert found.rows()[1]["S2_verdict"] == "above"
    assert "times the band's upper end" in found.sentences["finer"]
    assert "% lower" in judged["thin"]["phase_fraction"].words
    assert f"a phase fraction {judged['thin']['phase_fraction'].words}; of the descriptors" in found.sentences["thin"]


def test_published_figures_stand_in_the_docs_as_published():
    """Zhou et al. 2023, supplement: table of appendix E, and table 2 for the seconds."""
    text = (Path(__file__).resolve().parents[3] / "docs" / "textures.md").read_text()
    rows = {
        cells[1].strip(): cells[2:-1] for cells in (line.split("|") for line in text.splitlines()) if len(cells) == 9
    }
    columns = [name.strip() for name in rows["patch"]]
    assert columns == ["Self-tuning", "CNNMRF", "sliced Wasserstein", "SinGAN", "TexExp", "Guided Correspondence"]
    numbers = {
        name: [float(cell) for cell in cells] for name, cells in rows.items() if name in ("64", "128", "seconds")
    }
    assert numbers["64"] == [0.389, 0.420, 0.462, 0.456, 0.447, 0.391]
    assert numbers["128"] == [0.535, 0.560, 0.597, 0.595, 0.581, 0.534]
    assert numbers["seconds"] == [226.18, 210.18, 484.60, 5160.71, 6180.24, 313.28]


@pytest.mark.parametrize(
    ("source", "made", "words"),
    [
        (np.zeros((9, 9, 4), np.float32), np.zeros((9, 9), np.float32), r"the source has shape \(9, 9, 4\)"),
        (np.zeros((9, 9), np.float32), np.full((9, 9), 200, np.uint8), "made has values of uint8 from 200 to 200"),
        (np.zeros((9, 9, 3), np.float32), np.zeros((9, 9), np.float32), "made is grey and the source colour"),
        (np.zeros((9, 9), np.float32), np.zeros((6, 9), np.float32), "made has 6 x 9 pixels; allowed: 7 a side"),
        (np.zeros((9, 9), np.float32), {}, "no picture was given"),
    ],
)
def test_what_cannot_be_judged_is_refused(source: np.ndarray, made: np.ndarray, words: str):
    with pytest.raises(RaysysError, match=words):
        textures(source, made)
