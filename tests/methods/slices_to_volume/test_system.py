"""A step of slices and volumes: which slices critics see, of one section and of three, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.kinds import data_of
from support.recorder import trained

from raysys import RaysysError
from raysys.data import gaussian_random_field
from raysys.data.sources import training_data
from raysys.form import Form
from raysys.methods.slices_to_volume.settings import SlicesToVolumeSettings
from raysys.methods.slices_to_volume.slices import all_slices, some_slices
from raysys.methods.slices_to_volume.system import SlicesToVolume
from raysys.methods.slices_to_volume.validation import slices_of
from raysys.sections import PLANES
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws
from raysys.train.loop import build_system
from raysys.train.metrics import OBJECTIVE
from raysys.train.publish import save_best

FORM = Form("binary", (16, 16))
# Weights of generator and critic, added up by hand: kernels of 4 along each axis, two numbers a channel of a norm.
SIZES = {
    "slices-to-volume": (
        32 * 32 * 64 + 64 + 32 * 16 * 64 + 32 + 16 * 16 + 32 + 16 * 64,
        (32 + 32 * 64 + 64 * 128 + 128) * 16,
    ),
    "slices-to-volume-64": (
        64 * 128 * 64 + 256 + 128 * 64 * 64 + 128 + 64 * 32 * 64 + 64 + 32 * 32 + 64 + 32 * 64,
        (64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) * 16,
    ),
}


def small(form: Form = FORM, **settings: object) -> SlicesToVolume:
    torch.manual_seed(0)
    told = {"width": 4, "critic_width": 4, "latent_channels": 4, "critic_updates": 1, "slices": 4} | settings
    return SlicesToVolume(SlicesToVolumeSettings(**told), form=form, device=torch.device("cpu"))


def draws(step: int = 0) -> Draws:
    return Draws(0, step, 0, 1, torch.device("cpu"))


def batch(count: int = 6, channels: int = 1) -> Batch:
    chance = torch.Generator().manual_seed(1)
    tiles = torch.rand(count, channels, 3, 16, 16, generator=chance) * 2 - 1
    return Batch(tiles[:, :, 0], None, {"others": tiles[:, :, 1:]})


@pytest.fixture
def three(tmp_path: Path) -> dict[str, object]:
    """A data section of three sections of one volume."""
    volume = gaussian_random_field((96, 96, 96), correlation_length=2.0, phase_fraction=0.4, seed=3)[0]
    for axis, name in enumerate(("xy", "xz", "yz")):
        np.save(tmp_path / f"{name}.npy", volume.take(48, axis))
    paths = {"images": str(tmp_path / "xy.npy"), "xz": str(tmp_path / "xz.npy"), "yz": str(tmp_path / "yz.npy")}
    return {"source": "sections", "tile": 16, "stride": 8, "held_out": 0.34, **paths}


def test_slices_are_those_of_the_planes():
    volumes = torch.arange(2 * 4 * 4 * 4).reshape(2, 1, 4, 4, 4)
    for axis in range(3):
        every = all_slices(volumes, axis)
        wanted = np.moveaxis(volumes[:, 0].numpy(), axis + 1, 1).reshape(8, 4, 4)
        assert np.array_equal(every[:, 0], wanted)
        assert np.array_equal(slices_of(volumes[:, 0].numpy(), axis, 8), wanted)
        rows, columns = PLANES[axis]
        step = [16, 4, 1]
        assert every[0, 0, 1, 0] - every[0, 0, 0, 0] == step[rows]
        assert every[0, 0, 0, 1] - every[0, 0, 0, 0] == step[columns]
    # Of two volumes across three axes in turns, each somewhere else.
    some = some_slices(volumes, (0, 1, 2), torch.tensor([0.0, 0.3, 0.6, 0.99, 0.0, 0.0]))
    assert torch.equal(some[0], volumes[0, :, 0])
    assert torch.equal(some[1], volumes[0, :, :, 1])
    assert torch.equal(some[2], volumes[0, :, :, :, 2])
    assert torch.equal(some[3], volumes[1, :, 3])


def test_a_step_moves_all_networks_and_every_voxel_is_taught():
    system = small()
    before = {name: [v.clone() for v in part.parameters()] for name, part in system.modules.items()}
    seen = {}
    volumes = system._volumes

    def watched(*args: object) -> torch.Tensor:
        seen["volumes"] = volumes(*args)
        if seen["volumes"].requires_grad:
            seen["volumes"].retain_grad()
        return seen["volumes"]

    system._volumes = watched  # type: ignore[method-assign,assignment]
    losses = system.step([batch()], draws(), lambda parameters: None)
    assert set(losses) == {"critic_loss", "wasserstein_distance", "gradient_penalty", "generator_loss"}
    assert all(torch.isfinite(value) for value in losses.values())
    for name, part in system.modules.items():
        assert any(not torch.equal(old, new) for old, new in zip(before[name], part.parameters(), strict=True))
    assert seen["volumes"].shape == (2, 1, 16, 16, 16)  # six tiles, four slices a volume
    assert (seen["volumes"].grad != 0).all()


def test_three_critics_each_see_their_own_direction():
    system = small(critics=3)
    seen: dict[int, list[torch.Tensor]] = {0: [], 1: [], 2: []}
    for number, critic in enumerate(system.critics):
        critic.register_forward_pre_hook(lambda _, inputs, number=number: seen[number].append(inputs[0].detach()))
    given = batch()
    system.step([given], draws(), lambda parameters: None)
    for number, tiles in enumerate((given.images, given["others"][:, :, 0], given["others"][:, :, 1])):
        assert torch.equal(seen[number][0], tiles)
    assert [shown[1].shape for shown in seen.values()] == [(6, 1, 16, 16)] * 3
    assert not torch.equal(seen[0][1], seen[1][1])


def test_three_sections_are_learned_validated_and_published(recipe_file, three: dict[str, object]):
    recipe = load_recipe(recipe_file("slices-to-volume", data=three, training={"steps": 2, "validate_every": 2}))
    recipe = recipe.with_values({"data.pixel_size": "2um,1um,1um"})
    system = build_system(recipe, torch.device("cpu"))
    assert (len(system.critics), system.settings.rotations) == (3, False)
    progress, recorder, _ = trained(recipe, "run")
    apart = [progress.metrics[f"descriptor_error/axis_{axis}"] for axis in range(3)]
    assert progress.metrics[OBJECTIVE] == pytest.approx(np.exp(np.mean(np.log(apart))))
    assert recorder.pictures
    save_best(recipe, Path("run"), training_data(recipe.data), Path("model"))
    from raysys.models import load

    model = load(Path("model"))
    assert model.sample(1, size=(20, 8, 12)).shape == (1, 20, 8, 12)
    assert model.card.images.pixel_size.sizes == (2.0, 1.0, 1.0)
    assert model.references == {}
    assert "mse/S2" in model.card.held_out


@pytest.mark.parametrize("kind", ["grey", "colour", "phases"])
def test_other_kinds_of_images_become_volumes(tiny, tmp_path: Path, kind: str):
    data = data_of(kind, tmp_path)
    recipe = tiny("slices-to-volume", data=data, training={"steps": 1, "validate_every": 1})
    progress, _, _ = trained(recipe, "run")
    assert np.isfinite(progress.metrics[OBJECTIVE])
    model = build_system(recipe, torch.device("cpu")).model(name="tiny", card={})
    assert model.sample(1).shape == model.form.array_shape(1)
    assert model.form.dims == 3


@pytest.mark.parametrize("name", ["slices-to-volume", pytest.param("slices-to-volume-64", marks=pytest.mark.slow)])
def test_the_recipes_networks_take_a_step(name: str):
    recipe = load_recipe(name, ["scaling.gpu=false", "system.critic_updates=1"])
    system = build_system(recipe, torch.device("cpu"))
    side = recipe.data.tile
    assert system.model(name="new", card={}).native_size == (side,) * 3
    sizes = {part: sum(v.numel() for v in network.parameters()) for part, network in system.modules.items()}
    generator, critic = SIZES[name]
    assert sizes == {"generator": generator, "critics": critic, "averaged": generator}
    tiles = torch.rand(3, 1, side, side) * 2 - 1
    losses = system.step([Batch(tiles)] * recipe.system.critic_updates, draws(), lambda parameters: None)
    assert all(torch.isfinite(value) for value in losses.values())


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"system": {"critics": 3}}, r"system\.critics is 3, and the data hold one image"),
        ({"data": {"pixel_size": "2um,1um"}}, "pixels are 2 x 1 um, and one image for all directions has equal ones"),
    ],
)
def test_data_that_do_not_fit_are_refused(tiny, sections: dict, words: str):
    recipe = tiny("slices-to-volume", **sections)
    system, data = build_system(recipe, torch.device("cpu")), training_data(recipe.data)
    with pytest.raises(RaysysError, match=words):
        system.prepare(data)


def test_settings_that_do_not_fit_are_refused(tiny, three: dict[str, object]):
    turning = build_system(tiny("slices-to-volume", data=three, system={"rotations": True}), torch.device("cpu"))
    with pytest.raises(RaysysError, match=r"system\.rotations turn tiles as if all directions were alike"):
        turning.check()
    recipe = tiny("slices-to-volume", data={"tile": 24})
    with pytest.raises(RaysysError, match="images of 24 pixels; allowed: a power of two"):
        build_system(recipe, torch.device("cpu"))
