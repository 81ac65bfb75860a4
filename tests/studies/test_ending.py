"""How a study ends: with what its YAML says, of models that were trained before; no training is needed here."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import autoencoder, gan

from raysys.data import gaussian_random_field, write_images
from raysys.data.micro2d import synthesize
from raysys.models import Model, save_model
from raysys.models.registry import tracking_client
from raysys.studies import Study, TrainedModel, end_study
from raysys.train.metrics import OBJECTIVE

SIDE = 32


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database of runs and one file of images for all, since both take seconds to make."""
    folder = tmp_path_factory.mktemp("study")
    synthesize(folder / "classes.h5", {"VoidSmall": 20, "NBSA": 20}, seed=0, size=SIDE)
    return folder


@pytest.fixture
def uri(place: Path) -> str:
    return f"sqlite:///{place / 'mlflow.db'}"


def trained(folder: Path, name: str, model: Model, images: Path, uri: str, **more: object) -> TrainedModel:
    """As a training would have left it."""
    saved = save_model(folder / name, model)
    recipe = {"name": name, "data": {"images": str(images)}, "tracking": {"uri": uri}}
    return TrainedModel(name, str(saved), "no run", recipe, {OBJECTIVE: 0.5}, **more)


def artifacts(uri: str, experiment: str) -> set[str]:
    """Of the newest run of a comparison."""
    client = tracking_client(uri)
    runs = client.search_runs(
        [client.get_experiment_by_name(experiment).experiment_id], "tags.`raysys.kind` = 'assessment'"
    )
    assert {run.data.metrics["objective/one"] for run in runs} == {0.5}
    return {file.path for file in client.list_artifacts(runs[0].info.run_id)}


def study(**fields: object) -> Study:
    models = {"one": {"recipe": "cess-mse"}, "two": {"recipe": "cess-mse"}}
    return Study.model_validate({"name": "tiny", "models": models} | fields)


def test_autoencoders_are_judged_written_and_recorded(tmp_path: Path, place: Path, uri: str):
    images = place / "classes.h5"
    trial = {"number": 0, "values": {"rate": 0.5}, "objective": 0.1, "status": "finished", "seconds": 1.0, "step": 2}
    first, second = autoencoder(size=SIDE, depth=1), autoencoder(size=SIDE, depth=2)
    trials = [trial, {**trial, "number": 1}]
    done = {
        "one": trained(tmp_path, "one", first, images, uri),
        "two": trained(tmp_path, "two", second, images, uri, trials=trials),
    }
    told: list[str] = []
    chosen = study(assess="autoencoding", baseline="two", sweep_shown="two")
    ending = end_study(chosen, done, tmp_path / "out", per_class=2, say=told.append)
    assert ending is not None
    assert ending.comparison.baseline == "two"
    assert set(ending.comparison.models) == {"one", "two"}
    assert told == list(ending.comparison.notices)  # cards of untrained models say nothing of a split
    with (tmp_path / "out" / "measures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["model"], row["class"]) for row in rows} == {(m, c) for m in done for c in ("VoidSmall", "NBSA")}
    assert len(list((tmp_path / "out" / "assessment").rglob("*.npz"))) == 4
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "the baseline" in page
    assert "The sweep ran 2 trials" in page
    assert artifacts(uri, "tiny") == {"report.html", "measures.csv", "statements.csv"}


def test_what_is_not_among_the_chosen_models_is_left_out(tmp_path: Path, place: Path, uri: str):
    done = {"one": trained(tmp_path, "one", autoencoder(size=SIDE, depth=1), place / "classes.h5", uri)}
    whole = study(assess="autoencoding", baseline="two", sweep_shown="two")
    ending = end_study(whole.only(["one"]), done, tmp_path / "out", per_class=1)
    assert ending is not None
    assert ending.comparison.baseline is None
    assert "The sweep ran" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_study_that_does_not_say_how_it_ends_just_ends(tmp_path: Path, uri: str):
    assert end_study(study(), {}, tmp_path / "out") is None
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    importlib.util.find_spec("raysys.assess.methods.compare") is None, reason="there is no judging of methods yet"
)
def test_generators_are_judged_against_real_images(tmp_path: Path, uri: str):
    images = tmp_path / "tiles.npy"
    write_images(images, gaussian_random_field((SIDE, SIDE), correlation_length=2.0, phase_fraction=0.4, seed=1, n=8))
    done = {"one": trained(tmp_path, "one", gan(latent="lattice"), images, uri)}
    ending = end_study(study(assess="methods").only(["one"]), done, tmp_path / "out")
    assert ending is not None
    assert np.isfinite(list(ending.comparison.errors["one"].values())).any()
    assert "report.html" in artifacts(uri, "tiny")
