"""Judging autoencoders by one call: the numbers of what each makes, class by class, whatever is handed in."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from support.damage import blurred, originals
from support.tiny_models import autoencoder, gan

from raysys import RaysysError
from raysys.assess import AutoencoderComparison, autoencoders
from raysys.assess.autoencoding import assess, verdict
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.models import ModelCard, save_model
from raysys.stats.paired import published_window, score

SIDE = 64
IMAGES = {"VoidSmall": originals("VoidSmall", 3, SIDE), "GRF": originals("GRF", 2, SIDE)}


class Blurring(AutoencoderModel):
    """What it gives back is the image, blurred by so many pixels."""

    width = 1.0

    def autoencode(self, images: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        return blurred(images, self.width)


def blurring(width: float) -> Blurring:
    tiny = autoencoder()
    model = Blurring(tiny.card, tiny.network)
    model.width = width
    return model


def judge_of(*classes: str) -> ClassifierModel:
    """A classifier that takes every image for the first class."""
    network = Classifier(SIDE, classes=classes, depth=1, width=1)
    card = ModelCard(
        name="judge", architecture="classifier", hyperparameters=network.hyperparameters, images={"shape": (SIDE, SIDE)}
    )
    model = ClassifierModel(card, network)
    model.classify = lambda images, **_: np.zeros(len(images), np.int64)  # type: ignore[method-assign]
    return model


@pytest.fixture(scope="module")
def comparison() -> AutoencoderComparison:
    models = {"soft": blurring(2.0), "sharp": blurring(0.5)}
    return autoencoders(IMAGES, models, classifier=judge_of("GRF", "VoidSmall"), baseline="soft")


def test_each_class_has_the_numbers_of_what_each_model_makes_of_it(comparison: AutoencoderComparison):
    window = published_window(SIDE)
    for name, width in (("soft", 2.0), ("sharp", 0.5)):
        for kind, images in IMAGES.items():
            made = blurred(images, width)
            np.testing.assert_array_equal(comparison.models[name].images[kind], made)
            wanted = assess(made, images, window=window)
            np.testing.assert_equal(comparison.models[name].assessments[kind].values, wanted.values)
            assert comparison.verdicts[name][kind] == verdict(kind, wanted)
            assert comparison.class_standings[kind][name]["score"].value == score(made, images, window=window)
    assert comparison.classes == ["VoidSmall", "GRF"]
    assert comparison.scores["sharp"] < comparison.scores["soft"]
    assert comparison.wins == {"soft": 0, "sharp": 2}


def test_a_class_that_is_recognised_is_kept_in_its_own_row(comparison: AutoencoderComparison):
    kept = {kind: rows["soft"]["retention"].value for kind, rows in comparison.class_standings.items()}
    assert kept["GRF"] == 1
    assert np.isnan(kept["VoidSmall"])  # of no original the class was seen
    assert comparison.standings["soft"]["retention"].value == 1
    assert comparison.protocol == ("Classes are told by judge, of grey autoencodings as they are.",)


def test_its_tables_are_frames(comparison: AutoencoderComparison):
    frame = comparison.to_frame()
    assert list(frame.columns) == ["model", "class", "measure", "autoencoding", "original", "ratio"]
    row = frame[(frame["model"] == "sharp") & (frame["class"] == "GRF") & (frame["measure"] == "mid_grey")].iloc[0]
    summary = comparison.models["sharp"].assessments["GRF"].summary()["mid_grey"]
    assert (row["autoencoding"], row["original"]) == (summary.autoencoding, summary.original)
    standing = comparison.to_frame("standings").set_index(["model", "class"])
    assert standing.loc[("soft", "all"), "score"] == comparison.scores["soft"]
    assert list(standing.loc["soft"].index) == ["VoidSmall", "GRF", "all"]
    verdicts = comparison.to_frame("verdicts").set_index(["model", "class"])["verdict"]
    assert verdicts["soft", "GRF"] == comparison.verdicts["soft"]["GRF"]
    with pytest.raises(RaysysError, match="no table 'errors'; allowed: measures, standings, verdicts, statements"):
        comparison.rows("errors")


def test_without_pandas_a_frame_is_refused_by_one_sentence(
    comparison: AutoencoderComparison, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RaysysError, match="pandas is not installed; rows\\(\\) gives the same table"):
        comparison.to_frame()


def test_one_array_is_one_class_and_the_first_of_each_may_be_asked_for(tmp_path):
    saved = save_model(tmp_path / "tiny", autoencoder())
    shown: list[tuple[str, int, int, str]] = []
    found = autoencoders(IMAGES["GRF"], {"tiny": saved}, progress=lambda *told: shown.append(told))
    assert (found.classes, shown) == (["images"], [("autoencodings of tiny", 1, 1, "classes")])
    assert found.models["tiny"].facts["model"] == str(saved)
    np.testing.assert_array_equal(
        found.models["tiny"].images["images"], autoencoder().autoencode(IMAGES["GRF"], grey=True)
    )
    some = autoencoders(IMAGES, {"tiny": autoencoder()}, classes=["VoidSmall"], per_class=2, window=5)
    assert {name: len(images) for name, images in some.originals.items()} == {"VoidSmall": 2}
    assert (some.window, some.notices, some.protocol) == (5, (), ())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"classes": ["Opal"]}, "the images are of no class 'Opal'; allowed: VoidSmall, GRF"),
        ({"baseline": "best"}, "the baseline 'best' is none of the models; allowed: tiny"),
        ({"models": {}}, "models or images are missing"),
        ({"data": {}}, "models or images are missing"),
        ({"data": {"GRF": np.zeros((0, 8, 8), np.uint8)}}, "there is no image of class 'GRF'"),
        ({"data": {"GRF": np.full((1, 64, 64), 2)}}, "with values from 2 to 2 cannot be encoded"),
        ({"models": {"a/b": autoencoder()}}, "the name of a model 'a/b' is not allowed"),
        ({"models": {"gan": gan(latent="lattice")}}, "wanted: one that encodes and decodes images"),
        ({"classifier": autoencoder()}, "wanted: one that classifies images"),
        ({"classifier": judge_of("GRF", "foam")}, "does not know class 'VoidSmall'; it tells apart GRF, foam"),
    ],
)
def test_what_cannot_be_is_one_sentence(changed: dict, words: str):
    arguments = {"data": IMAGES, "models": {"tiny": autoencoder()}} | changed
    with pytest.raises(RaysysError, match=words):
        autoencoders(arguments.pop("data"), arguments.pop("models"), **arguments)
