"""Studies: the shipped ones fit their recipes, models begin from earlier ones, and what has ended stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from raysys.data.micro2d import synthesize
from raysys.errors import RaysysError
from raysys.models import AutoencoderModel, load
from raysys.train.study import Outcome, Study, _network, _recipe, load_study, run_study, study_names
from raysys.train.sweep import _check_space

TINY = {
    "data.tile": 64,
    "system.width": 2,
    "system.depth": 2,
    "training.steps": 2,
    "training.batch": 4,
    "training.validate_every": 1,
    "training.validation_images": 4,
}


@pytest.mark.parametrize("name", study_names())
def test_a_shipped_study_fits_its_recipes_and_their_spaces(name: str, tmp_path: Path):
    study = load_study(name)
    for label, model in study.models.items():
        recipe = _recipe(study, label, model, tmp_path, None, None)
        _check_space(recipe)
        for point in recipe.sweep.start:
            recipe.with_values(point)
        assert recipe.system.fine_tune == (model.begin_from is not None)
        assert recipe.tracking.experiment == study.name
    assert len({_recipe(study, one, model, tmp_path, None, None).name for one, model in study.models.items()}) == len(
        study.models
    )


def test_the_study_of_the_five_presets_changes_none_of_their_published_values(tmp_path: Path):
    study = load_study("cess")
    for label, model in study.models.items():
        from raysys.train import load_recipe

        assert _recipe(study, label, model, tmp_path, None, None).system == load_recipe(model.recipe).system


def test_a_users_fields_reach_every_model_and_only_what_concerns_it_the_classifier(tmp_path: Path):
    study = load_study("cess-64")
    fields = ["data.images=mine.h5", "training.steps=7", "scaling.workers=2"]
    assert study.classifier is not None
    classifier = _recipe(study, "classifier", study.classifier, tmp_path, fields, None)
    assert (classifier.data.images, classifier.scaling.workers, classifier.training.steps) == ("mine.h5", 2, 1000)
    recipe = _recipe(study, "MSE", study.models["MSE"], tmp_path, fields, None)
    assert (recipe.data.images, recipe.scaling.workers, recipe.training.steps) == ("mine.h5", 2, 7)


def test_only_some_models_come_with_those_that_they_begin_from():
    study = load_study("cess").only(["CESS-finetune"])
    assert list(study.models) == ["MSE", "CESS-finetune"]
    with pytest.raises(RaysysError, match="no model 'MES'; it has: MSE, "):
        load_study("cess").only(["MES"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": {}}, "models"),
        ({"models": {"a": {"recipe": "cess-finetune", "begin_from": "b"}, "b": {"recipe": "cess-mse"}}}, "before it"),
        ({"name": "a b"}, "name: String should match"),
        ({"modles": {}}, "modles"),
    ],
)
def test_a_wrong_study_is_refused_by_field(tmp_path: Path, change: dict, words: str):
    content = {"name": "mine", "models": {"a": {"recipe": "cess-mse"}}} | change
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RaysysError, match=rf"mine.yaml: field .*{words}|mine.yaml: field {words}"):
        load_study(tmp_path / "mine.yaml")
    with pytest.raises(RaysysError, match=r"comes with raysys .cess, cess-64"):
        load_study("ces")


def test_fine_tuning_takes_the_network_that_the_sweep_has_chosen():
    system = {"depth": 2, "width": 8, "padding": "zeros", "head": "relu", "learning_rate": 1.0}
    done = {"MSE": Outcome("MSE", "models:/m/1", "r", {"system": system}, {})}
    taken = _network(done, load_study("cess").models["CESS-finetune"])
    assert taken == {"system.depth": 2, "system.width": 8, "system.padding": "zeros", "system.head": "relu"}


def test_a_study_trains_in_order_and_goes_on_where_it_stopped(tmp_path: Path):
    file = synthesize(tmp_path / "classes.h5", {"VoidSmall": 20, "AngEllipse": 20}, seed=0, size=64)
    study = Study(
        name="tiny",
        set=TINY | {"data.images": str(file)},
        models={
            "MSE": {"recipe": "cess-mse"},
            "finetune": {"recipe": "cess-finetune", "begin_from": "MSE", "set": {"training.steps": 1}},
        },
    )
    heard: list[str] = []
    first = run_study(study.only(["MSE"]), tmp_path / "out", show=lambda name, _: heard.append(name))
    assert (list(first), set(heard)) == (["MSE"], {"MSE"})
    with pytest.raises(RaysysError, match="holds a study already; go on with --resume"):
        run_study(study, tmp_path / "out")
    done = run_study(study, tmp_path / "out", resume=True)
    assert done["MSE"] == first["MSE"]
    assert done["finetune"].recipe["training"]["init_from"] == first["MSE"].model == "models:/tiny-cess-mse/1"
    assert load(done["finetune"].model, kind=AutoencoderModel).card.provenance["step"] == 1
    with pytest.raises(RaysysError, match="holds the study tiny, not cess"):
        run_study(load_study("cess"), tmp_path / "out", resume=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(RaysysError, match="is not empty and holds no study"):
        run_study(study, tmp_path / "full")
