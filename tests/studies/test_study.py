"""Studies: the shipped ones fit their recipes, models begin from earlier ones, and what has ended stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from raysys.data.micro2d import CLASSES, synthesize
from raysys.errors import RaysysError
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.models import load
from raysys.studies import Study, TrainedModel, load_study, run_study, study_names
from raysys.studies.run import _network, _recipe
from raysys.train.ray.sweep import _check_space
from raysys.train.recipe_files import load_recipe

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
    fields = ["data.images=mine.h5", "training.steps=7", "training.batch=6", "scaling.workers=2"]
    assert study.classifier is not None
    classifier = _recipe(study, "classifier", study.classifier, tmp_path, fields, None)
    assert (classifier.data.images, classifier.scaling.workers, classifier.training.steps) == ("mine.h5", 2, 7)
    assert _recipe(study, "classifier", study.classifier, tmp_path, None, None).training.steps == 1000
    assert classifier.training.batch == 32  # the study's own is of the other networks
    recipe = _recipe(study, "MSE", study.models["MSE"], tmp_path, fields, None)
    assert (recipe.data.images, recipe.scaling.workers, recipe.training.steps) == ("mine.h5", 2, 7)


@pytest.mark.parametrize("name", study_names())
def test_all_models_of_a_shipped_study_and_its_classifier_divide_the_same_images(name: str, tmp_path: Path):
    study = load_study(name)
    assert study.classifier is not None
    recipes = [_recipe(study, label, model, tmp_path, None, None) for label, model in study.models.items()]
    recipes.append(_recipe(study, "classifier", study.classifier, tmp_path, None, None))
    assert {recipe.name for recipe in recipes} == {f"{study.name}-{one}" for one in (*study.models, "classifier")}
    divided = {(one.data.images, one.data.tile, one.data.shares, one.data.seed, one.data.per_class) for one in recipes}
    assert len(divided) == 1
    assert all(set(one.data.classes or CLASSES) == set(recipes[-1].system.classes) for one in recipes)


def test_the_classes_of_a_study_are_those_that_its_classifier_tells_apart(tmp_path: Path):
    study = load_study("cess")
    assert study.classifier is not None
    fields = ["data.classes=[NBSA, GRF]"]
    classifier = _recipe(study, "classifier", study.classifier, tmp_path, fields, None)
    assert classifier.system.classes == classifier.data.classes == ("NBSA", "GRF")


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
        ({"models": {"a b": {"recipe": "cess-mse"}}}, "a model is called 'a b'"),
        ({"models": {"classifier": {"recipe": "cess-mse"}}}, "a model is called 'classifier'"),
        ({"classifier": {"recipe": "micro2d-classifier", "begin_from": "a"}}, "begins from random weights"),
        ({"assess": "textures"}, "there is no judging of textures yet; allowed: autoencoding, methods"),
        ({"assess": "rocks"}, "there is no judging of rocks yet; allowed: autoencoding, methods"),
        ({"assess": "beauty"}, "assess: Input should be 'autoencoding', 'methods', 'textures' or 'rocks'"),
        ({"baseline": "b"}, "baseline: 'b' is no model of the study; allowed: a"),
        ({"sweep_shown": "b"}, "sweep_shown: 'b' is no model of the study; allowed: a"),
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
    earlier = TrainedModel("MSE", "models:/m/1", "r", {"system": system}, {})
    taken = _network(load_recipe(load_study("cess").models["CESS-finetune"].recipe), earlier)
    assert taken == {"system.depth": 2, "system.width": 8, "system.padding": "zeros", "system.head": "relu"}


@pytest.mark.slow
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
    assert done["finetune"].recipe["training"]["init_from"] == first["MSE"].model == "models:/tiny-MSE/1"
    assert load(done["finetune"].model, kind=AutoencoderModel).card.provenance["step"] == 1
    other = study.model_copy(update={"name": "cess"})
    with pytest.raises(RaysysError, match="holds the study tiny, not cess"):
        run_study(other, tmp_path / "out", resume=True)
    with pytest.raises(RaysysError, match="was begun with trials null, not 2; ask as before, or name another folder"):
        run_study(study, tmp_path / "out", resume=True, trials=2)
    with pytest.raises(RaysysError, match=r'was begun with overrides \[\], not \["training.seed=1"\]'):
        run_study(study, tmp_path / "out", resume=True, overrides=["training.seed=1"])
    changed = {"MSE": study.models["MSE"].model_copy(update={"set": {"system.learning_rate": 1e-4}})}
    with pytest.raises(RaysysError, match="was begun with model MSE"):
        run_study(study.model_copy(update={"models": changed}), tmp_path / "out", resume=True)
    with pytest.raises(RaysysError, match=r"missing\.h5"):
        run_study(study, tmp_path / "none", overrides=["data.images=missing.h5"])
    with pytest.raises(RaysysError, match=r"system\.cess_window is 65, but a tile has 64 lags a side"):
        run_study(study, tmp_path / "none", overrides=["system.cess_window=65"])
    assert not (tmp_path / "none").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(RaysysError, match="is not empty and holds no study"):
        run_study(study, tmp_path / "full")
