"""`raysys study` as its user runs it: two tiny models and a classifier, swept, assessed, and gone on with."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from raysys.data.micro2d import synthesize
from raysys.models.registry import tracking_client
from raysys.studies import load_study

Run = Callable[..., Result]
CLASSES = {"VoidSmall": 24, "AngEllipse": 24}
SPACE = {"system.learning_rate": {"kind": "uniform", "low": 1e-4, "high": 1e-2}}
STUDY = {
    "name": "tiny",
    "about": "two models and a classifier",
    "assess": "autoencoding",
    "baseline": "MSE",
    "sweep_shown": "MSE",
    "set": {
        "data.images": "classes.h5",
        "data.tile": 64,
        "data.classes": list(CLASSES),
        "system.width": 2,
        "system.depth": 2,
        "training.steps": 2,
        "training.batch": 4,
        "training.validate_every": 1,
        "training.validation_images": 4,
        "sweep.stop_hopeless": False,
    },
    "classifier": {
        "recipe": "micro2d-classifier-64",
        "sweep": False,
        "set": {"system.width": 2, "system.depth": 2, "training.steps": 2, "training.batch": 4},
    },
    "models": {
        "MSE": {"recipe": "cess-mse", "set": {"sweep.space": SPACE, "sweep.start": []}},
        "annealed": {"recipe": "cess-finetune", "begin_from": "MSE", "sweep": False},
    },
}


@pytest.mark.slow
def test_a_study_sweeps_assesses_and_goes_on(raysys: Run, refused: Callable[..., str], tmp_path: Path):
    synthesize(tmp_path / "classes.h5", CLASSES, seed=0, size=64)
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    plan = raysys("study", "study.yaml", "--plan").stdout
    assert "cess-finetune, from MSE" in plan
    assert "assess autoencoding, baseline MSE" in plan
    assert not Path("study").exists()

    first = raysys("study", "study.yaml", "-o", "out", "--trials", 2, "--only", "MSE")
    assert first.exit_code == 0, first.output
    assert {path.name for path in Path("out/runs").iterdir()} == {"tiny-classifier", "tiny-MSE"}
    done = json.loads(Path("out/study.json").read_text())["done"]
    assert [row["status"] for row in done["MSE"]["trials"]] == ["finished"] * 2

    whole = raysys("study", "study.yaml", "-o", "out", "--trials", 2, "--resume")
    assert whole.exit_code == 0, whole.output
    after = json.loads(Path("out/study.json").read_text())["done"]
    assert {name: after[name] for name in done} == done
    with Path("out/measures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {"MSE", "annealed"}
    assert {row["class"] for row in rows} == set(CLASSES)
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert "class kept" in whole.stdout
    assert "annealed" in page
    assert "The sweep ran 2 trials" in page
    assert "2 trials with a result: too few to tell" in page
    client = tracking_client(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny").experiment_id
    runs = client.search_runs([experiment], "tags.`raysys.kind` = 'assessment'")
    assert {path.path for path in client.list_artifacts(runs[0].info.run_id)} >= {"report.html", "measures.csv"}

    assert "was begun with trials 2, not null" in refused("study", "study.yaml", "-o", "out", "--resume")


@pytest.mark.slow
@pytest.mark.timeout(900)  # eight trainings, each by a worker of its own
def test_the_shipped_rehearsal_runs_to_its_page_with_as_few_steps_as_its_user_asks(raysys: Run, tmp_path: Path):
    study = load_study("cess-64")
    synthesize(tmp_path / "micro2d-64.h5", dict.fromkeys(study.set["data.classes"], 8), seed=0, size=64)
    fields = ("training.steps=2", "training.validate_every=1", "training.batch=4", "training.validation_images=9")
    sets = [word for field in fields for word in ("--set", field)]
    ran = raysys("study", "cess-64", "-o", "out", "--per-class", 1, *sets)
    assert ran.exit_code == 0, ran.output
    done = json.loads(Path("out/study.json").read_text())["done"]
    assert set(done) == {"classifier", *study.models}
    assert {one["recipe"]["training"]["steps"] for one in done.values()} == {2}
    for name, model in study.models.items():
        begun = done[name]["recipe"]["training"]["init_from"]
        assert begun == (done[model.begin_from]["model"] if model.begin_from else None)
    with Path("out/measures.csv").open() as file:
        assert {row["model"] for row in csv.DictReader(file)} == set(study.models)
    assert "the baseline" in Path("out/report.html").read_text(encoding="utf-8")
