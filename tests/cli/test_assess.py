"""`raysys assess`: tables, numbers and the page of two untrained autoencoders, on images kept from their training."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from typer.testing import Result

from raysys.assess.autoencoding import Assessment, assess
from raysys.data.micro2d import Micro2DSettings, select, synthesize
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.models import ModelCard, load, save_model

Run = Callable[..., Result]
SIDE, COUNTS = 48, {"GRF": 16, "NBSA": 10, "VoidSmall": 8}
CLASSES = tuple(COUNTS)
SHARES = [0.5, 0.25, 0.25]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("micro2d") / "data.h5", COUNTS, seed=0, size=SIDE)


def saved(folder: Path, *, size: int = SIDE, seed: int | None = 3, depth: int = 1) -> Path:
    """An untrained autoencoder, with the record of its recipe that training leaves; none with seed None."""
    torch.manual_seed(depth)
    network = Autoencoder(size=size, depth=depth, width=4, latent_channels=2)
    recipe = {
        "data": {"source": "micro2d", "classes": None, "per_class": None, "shares": SHARES, "seed": seed},
        "system": {"learning_rate": 2.5e-4, "depth": depth, "cess_weight": 2300.0, "gradient_clip": 0.1},
    }
    data = {"source": "data.h5", "images_train": 17}
    provenance = {} if seed is None else {"recipe": recipe, "data": data, "step": 7}
    card = ModelCard(
        name=folder.name,
        architecture="autoencoder",
        hyperparameters=network.hyperparameters,
        images={"shape": (size, size), "phase_fraction": 0.3},
        provenance=provenance,
    )
    return save_model(folder, AutoencoderModel(card, network))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {name: saved(folder / name, depth=depth) for name, depth in (("mse", 1), ("ours", 2))}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = Classifier(size=SIDE, classes=CLASSES, depth=2, width=4)
    card = ModelCard(
        name="judge",
        architecture="classifier",
        hyperparameters=network.hyperparameters,
        images={"shape": (SIDE, SIDE)},
    )
    return save_model(tmp_path_factory.mktemp("classifier") / "judge", ClassifierModel(card, network))


def kept_aside(data: Path, seed: int = 3) -> dict[str, np.ndarray]:
    """{class: (n, H, W)} of the test part, read without the command."""
    held = select(Micro2DSettings(source="micro2d", images=str(data), tile=SIDE, shares=tuple(SHARES), seed=seed))
    return {name: held.test[np.flatnonzero(held.test_targets == k)] for k, name in enumerate(held.target_names)}


@pytest.fixture
def options(models: dict[str, Path]) -> list[str]:
    return [f"--model=mse={models['mse']}", f"--model={models['ours']}"]


def test_numbers_are_those_of_the_test_images_of_the_models_own_split(
    raysys: Run, data: Path, models: dict[str, Path], options: list[str], tmp_path: Path
):
    result = raysys("assess", data, *options, "--per-class", 2, "-o", "numbers", "--csv", "table.csv")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    for name, images in kept_aside(data).items():
        for model, folder in models.items():
            found = Assessment.load(tmp_path / "numbers" / model / f"{name}.npz")
            made = load(folder).autoencode(images[:2], grey=True)
            wanted = assess(made, images[:2], window=9)
            assert found.window == 9  # 50 of 256 pixels
            np.testing.assert_equal(found.values, wanted.values)
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert {(row["model"], row["class"]) for row in rows} == {(model, name) for model in models for name in CLASSES}
    (one,) = (row for row in rows if (row["model"], row["class"], row["measure"]) == ("ours", "NBSA", "mid_grey"))
    summary = Assessment.load(tmp_path / "numbers" / "ours" / "NBSA.npz").summary()["mid_grey"]
    assert float(one["autoencoding"]) == summary.autoencoding


def test_a_table_for_each_model_tells_each_class(raysys: Run, data: Path, options: list[str]):
    printed = raysys("assess", data, *options, "--per-class", 1, "--classes", "VoidSmall,GRF").stdout
    assert printed.count("e_rel window") == 2
    for name in ("mse: medians", "ours: medians"):
        assert name in printed
    rows = [line.split("│")[1].strip() for line in printed.splitlines() if line.startswith("│")]
    assert rows == ["VoidSmall", "GRF", "all"] * 2
    assert "class kept" not in printed


def test_the_page_has_models_classes_hyper_parameters_and_the_sweep(
    raysys: Run, data: Path, options: list[str], classifier: Path, tmp_path: Path
):
    study = optuna.create_study(study_name="sweep", storage=f"sqlite:///{tmp_path / 'study.db'}")
    study.optimize(lambda trial: trial.suggest_float("rate", 0, 1), n_trials=8)
    more = ("--classifier", classifier, "--sweep", tmp_path, "--baseline", "mse", "--per-class", 2)
    result = raysys("assess", data, *options, *more, "--report", "page.html")
    assert result.exit_code == 0, result.stderr
    assert "class kept" in result.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for words in (
        "Autoencodings of data.h5",
        *CLASSES,
        "Class retention",
        "The sweep ran 8 trials",
        "2,300",
        "the baseline",
        "split with seed 3 in shares of 0.5, 0.25, 0.25",
        f"Classes are told by {classifier}",
        "17",
    ):
        assert words in page


def test_validation_images_and_a_window_may_be_asked_for(raysys: Run, data: Path, options: list[str], tmp_path: Path):
    raysys("assess", data, *options, "--part", "validation", "--window", 5, "--per-class", 2)
    found = Assessment.load(tmp_path / "assessment" / "mse" / "GRF.npz")
    assert (found.n, found.window) == (2, 5)


def test_models_that_disagree_about_the_split_are_told_apart(
    raysys: Run, data: Path, options: list[str], tmp_path: Path
):
    other = saved(tmp_path / "other", seed=4)
    silent = saved(tmp_path / "silent", seed=None)
    result = raysys("assess", data, *options, f"--model={other}", f"--model={silent}", "--per-class", 1)
    assert result.exit_code == 0
    told = result.stderr.splitlines()
    assert len(told) == 2
    assert "other and mse disagree about the split (seed 4 and not 3)" in told[0]
    assert "silent and mse disagree about the split (no record of a split)" in told[1]
    alone = raysys("assess", data, f"--model={silent}", "--per-class", 1)
    assert "no model says how its data was split" in alone.stderr


def test_table_1_may_come_from_a_file(raysys: Run, data: Path, options: list[str], tmp_path: Path):
    (tmp_path / "table1.json").write_text(json.dumps({"MSE": {"learning rate": 4.25e-3, "gradient clipping": None}}))
    raysys("assess", data, *options, "--per-class", 1, "--table1", "table1.json", "--report", "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "4.25 × 10<sup>−3</sup>" in page
    assert "2,300" not in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.h5", "--model={mse}"), "missing.h5 does not exist"),
        (("{data}", "--model=missing/folder"), "there is no model folder missing/folder"),
        (("{data}", "--model=a="), "write it as NAME=URI"),
        (("{data}", "--model=a={mse}", "--model=a={ours}"), "there is a set a already"),
        (("{data}", "--model=a/b={mse}"), "--model 'a/b' is not allowed"),
        (("{data}", "--model={mse}", "--classes=Opal"), "of no class 'Opal'; allowed: GRF, NBSA, VoidSmall"),
        (("{data}", "--model={mse}", "--baseline=ours"), "the baseline 'ours' is none of the models; allowed: mse"),
        (("{data}", "--model={mse}", "--sweep=."), "has no study.db"),
        (("{data}", "--model={mse}", "--table1=missing.json"), "--table1 missing.json cannot be read as JSON"),
        (("{data}", "--model={mse}", "--classifier={ours}"), "wanted: one that classifies images"),
        (("{data}", "--model={judge}"), "wanted: one that encodes and decodes images"),
        (("{data}",), "Missing option '--model'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    refused: Callable[..., str],
    data: Path,
    models: dict[str, Path],
    classifier: Path,
    arguments: tuple[str, ...],
    words: str,
):
    places = {"data": data, "judge": classifier, **models}
    assert words in refused("assess", *(text.format(**places) for text in arguments))


def test_a_model_of_another_size_is_refused(refused: Callable[..., str], data: Path, tmp_path: Path):
    small = saved(tmp_path / "small", size=32)
    sentence = refused("assess", data, f"--model={small}")
    assert f"model small was trained on 32 x 32 pixels, but {data} holds images of 48 x 48" in sentence
