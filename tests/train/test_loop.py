"""The loop: exact continuation, golden losses, the published settings."""

from __future__ import annotations

import json
import resource
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.recorder import cut_in_two, trained
from support.training import OF_KINDS

from raysys.data.sources import prepared
from raysys.errors import RaysysError
from raysys.methods.wgan_gp.networks import Critic, Generator
from raysys.methods.wgan_gp.system import WganGp
from raysys.train import load_recipe, validation
from raysys.train.checkpoint import damage, load_checkpoint
from raysys.train.loop import build_system, run_training
from raysys.train.session import LocalSession, best_checkpoint, newest_checkpoint

SYSTEMS = (
    "wgan-gp",
    "wgan-gp-conditional",
    "autoencoder",
    "classifier",
    "unet",
    "texture-nets",
    "spade",
    "multi-texture",
    "psgan",
    "porous-media-gan",
    "dts",
)
AUGMENTED = {"flips": ["left-right"], "rotations": True, "augment": ["translation", "cutout"]}


GROWING = {"cess_weight": 10.0, "cess_radius": 1.0, "cess_radius_end": 6.0, "anneal_steps": 6}
SCHEDULED = {"decay_steps": 8, "pixel_weight_end": 0.1, "binarise": "straight-through", "clamp_weight": 1.0}


@pytest.mark.parametrize(
    ("system", "settings"),
    [
        ("wgan-gp-conditional", AUGMENTED),
        ("autoencoder", {"variational": True}),
        ("autoencoder", GROWING),
        ("autoencoder", GROWING | SCHEDULED),
    ],
)
def test_a_run_that_was_cut_in_two_equals_one_that_was_not(tiny, system: str, settings: dict):
    """Of every method as it is by default the conformance suite shows it."""
    cut_in_two(partial(tiny, system, system=settings))


def test_a_critic_that_is_shown_augmented_images_goes_on_as_it_would_have(tiny):
    whole, told, tensors = trained(tiny(system=AUGMENTED), "whole")
    trained(tiny(system=AUGMENTED, training={"steps": 4}), "cut")
    resumed, told_after, tensors_after = trained(tiny(system=AUGMENTED), "cut")
    assert resumed == whole
    assert all(told_after.told[step] == told.told[step] for step in told_after.told)
    assert all(torch.equal(tensors[name], tensors_after[name]) for name in tensors)
    plain = trained(tiny(), "plain")[1]
    assert plain.told[1]["critic_loss"] != told.told[1]["critic_loss"]


def test_where_a_checkpoint_finds_no_room_the_earlier_one_is_gone_on_from(tiny, tmp_path: Path):
    """A file that may not grow stands for a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = LocalSession(tmp_path / "run", lambda _: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1])))
    try:
        with pytest.raises(RaysysError, match=r"run: no checkpoint step-00000008 can be written \(File too large\)"):
            run_training(tiny(), full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in full.folder.iterdir()] == ["step-00000004"]
    assert run_training(tiny(), LocalSession(full.folder)).step == 8
    whole, _, tensors = trained(tiny(), "whole")
    resumed = load_file(newest_checkpoint(full.folder) / "state.safetensors")
    assert whole.step == 8
    assert all(torch.equal(tensors[name], resumed[name]) for name in tensors)


@pytest.mark.parametrize("system", [*SYSTEMS, *OF_KINDS])
def test_the_first_losses_are_the_golden_ones(tiny, system: str):
    golden = json.loads((Path(__file__).parent / "golden_losses.json").read_text())[system]
    _, told, _ = trained(tiny(system, training={"steps": 3}), "golden")
    assert sorted(told.told) == [1, 2, 3]
    for step, losses in golden.items():
        for name, value in losses.items():
            assert told.told[int(step)][name] == pytest.approx(value, rel=2e-3, abs=1e-5), (step, name)


@pytest.mark.parametrize("system", ["wgan-gp", "wgan-gp-conditional", "autoencoder"])
def test_a_run_on_prepared_data_equals_one_that_prepares_them(tiny, system: str, monkeypatch: pytest.MonkeyPatch):
    """To the last bit, also where the training tiles are more than those that a baseline takes of data on disk."""
    monkeypatch.setattr(validation, "BASELINE_IMAGES", 20)
    recipe = tiny(system)
    whole, told, tensors = trained(recipe, "whole")
    place = prepared(recipe.data, recipe.storage)
    Path(recipe.data.images).unlink()  # nothing but the folder is read from now on
    again, told_again, tensors_again = trained(recipe, "again", prepared=place)
    assert again == whole
    assert told_again.told == told.told
    assert all(torch.equal(tensors[name], tensors_again[name]) for name in tensors)


def test_newest_and_best_checkpoint_are_kept(tiny):
    progress, told, _ = trained(tiny(training={"steps": 20, "validate_every": 2}), "run")
    objectives = {step: told.told[step]["descriptor_error"] for step in range(2, 21, 2)}
    best = min(objectives, key=lambda step: objectives[step])
    assert (progress.best_step, progress.best_objective) == (best, objectives[best])
    assert {path.name for path in Path("run").iterdir()} == {"step-00000020", f"step-{best:08d}"}
    assert best_checkpoint(Path("run")).name == f"step-{best:08d}"


def test_the_averaged_generator_follows_the_trained_one_with_statistics_of_its_own(tiny):
    recipe = tiny(system={"average": 0.0}, training={"steps": 2})
    tensors = trained(recipe, "follow")[2]
    below = {name.removeprefix("modules/averaged/"): tensor for name, tensor in tensors.items() if "averaged" in name}
    same = {name: torch.equal(tensors[f"modules/generator/{name}"], tensor) for name, tensor in below.items()}
    assert any("weight" in name for name in same)
    for name, equal in same.items():
        # With no decay the weights are the trained ones; what batch normalisation divides by is measured anew.
        assert equal == ("running" not in name and "tracked" not in name), name


def test_a_diverging_run_ends_with_one_sentence(tiny):
    with pytest.raises(RaysysError, match=r"training diverged at step .* try a smaller system\.learning_rate"):
        trained(tiny(system={"penalty": 1e39}), "diverged")


def test_a_foreign_checkpoint_is_refused_and_a_damaged_one_set_aside(tiny):
    trained(tiny(training={"steps": 2}), "run")
    with pytest.raises(RaysysError, match="written by other networks"):
        trained(tiny(system={"width": 8}), "run")
    (Path("run") / "step-00000002" / "state.safetensors").write_bytes(b"nothing")
    with pytest.raises(RaysysError, match="no readable training checkpoint"):
        load_checkpoint(Path("run") / "step-00000002", {}, {})
    with pytest.warns(UserWarning, match="step-00000002: the checkpoint is damaged"):
        trained(tiny(training={"steps": 2}), "run")
    assert (Path("run") / "damaged-step-00000002").is_dir()
    assert not damage(Path("run") / "step-00000002")


def test_the_published_preset_is_the_published_one():
    recipe = load_recipe("wgan-gp-published")
    system = build_system(recipe, torch.device("cpu"))
    generator, critic = system.modules["generator"], system.modules["critic"]
    assert isinstance(generator, Generator)
    assert isinstance(critic, Critic)
    assert sum(p.numel() for p in generator.parameters()) == 19_538_944
    assert sum(p.numel() for p in critic.parameters()) == 11_158_528
    assert not [module for module in critic.modules() if "Norm" in type(module).__name__]
    for optimizer in system.optimizers.values():
        assert optimizer.defaults["lr"] == 1e-4
        assert optimizer.defaults["betas"] == (0.5, 0.999)
    assert (recipe.system.penalty, recipe.system.critic_updates, recipe.training.batch) == (10.0, 5, 128)
    assert system.batches_per_step == 1
    assert recipe.training.validate_every == 200


@pytest.mark.parametrize(
    ("tile", "generator", "critic"),
    [
        (64, 6_953_984, 2_761_728),
        (128, 19_538_944, 11_158_528),
        (256, 61_486_080, 44_729_344),
        (512, 212_489_216, 178_979_840),
    ],
)
def test_the_published_preset_has_the_published_networks_at_every_size(tile: int, generator: int, critic: int):
    recipe = load_recipe("wgan-gp-published", [f"data.tile={tile}"])
    with torch.device("meta"):
        system = build_system(recipe, torch.device("meta"))
        images = system.modules["generator"](torch.empty(2, 512, 1, 1))
        scores = system.modules["critic"](images)
    assert sum(p.numel() for p in system.modules["generator"].parameters()) == generator
    assert sum(p.numel() for p in system.modules["critic"].parameters()) == critic
    assert (images.shape, scores.shape) == ((2, 1, tile, tile), (2,))


@pytest.mark.parametrize("tile", [64, 128, 256, 512])
def test_our_networks_build_at_every_size(tile: int):
    with torch.device("meta"):
        system = build_system(load_recipe("gravel", [f"data.tile={tile}"]), torch.device("meta"))
        assert isinstance(system, WganGp)
        noise = torch.empty(2, system.settings.latent_channels, *system.generator.latent_shape(tile))
        images = system.generator(noise)
        assert (images.shape, system.critic(images).shape) == ((2, 1, tile, tile), (2,))
