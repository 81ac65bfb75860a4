"""The U-Net as a system: what it learns, how tiles are varied, what it refuses to begin from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mlflow.tracking import MlflowClient
from PIL import Image
from support.paired import PAIRED, discs, write_paired

from raysys.data.pairs import Comparison, agreement
from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.methods.unet.augmentation import varied
from raysys.methods.unet.model import SegmenterModel
from raysys.methods.unet.settings import UnetSettings
from raysys.models import load, save_model
from raysys.train import Recipe, load_recipe
from raysys.train.batches import Draws
from raysys.train.loop import build_system, run_training
from raysys.train.publish import model_from_checkpoint
from raysys.train.ray.engine import check, located
from raysys.train.session import LocalSession, best_checkpoint
from raysys.train.tracking import Tracker, start_run

CPU = torch.device("cpu")
NONE = {"flips": [], "rotations": False, "gain": 0, "offset": 0, "gamma": 0}


def drawn(step: int = 0, rank: int = 0, world_size: int = 1) -> Draws:
    return Draws(seed=0, step=step, rank=rank, world_size=world_size, device=CPU)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[SegmenterModel, Recipe, Path]:
    """A model that has learned discs, its recipe, and its folder."""
    torch.set_num_threads(1)
    there = tmp_path_factory.mktemp("learned")
    recipe = Recipe.model_validate(
        {
            "name": "discs",
            "data": PAIRED | {"images": str(write_paired(there / "pairs")), "tile": 32, "stride": 8},
            "system": {"method": "unet", "width": 6, "depth": 2, "learning_rate": 1e-2, "decay_steps": 90},
            "training": {"steps": 90, "batch": 8, "validate_every": 45},
        }
    )
    run_training(recipe, LocalSession(there / "run"))
    data = training_data(recipe.data)
    system, model = model_from_checkpoint(recipe, best_checkpoint(there / "run"), data, name="discs")
    assert isinstance(model, SegmenterModel)
    save_model(there / "model", model, preview=system.preview(model, data, seed=0))
    return model, recipe, there


def test_discs_are_learned_and_found_in_images_it_has_not_seen(learned):
    model, _, there = learned
    judge = Comparison(model.classes)
    for seed in (100, 101, 102):
        grey, truth = discs(seed, side=90)
        judge.add(grey, model.segment(grey[None])[0], truth)
    ours, otsu, _ = judge.judged()
    assert ours.agreement.iou.min() > 0.9
    assert ours.agreement.mean_iou > otsu.agreement.mean_iou
    assert model.card.metrics["mean_iou"] > 0.85
    assert model.card.metrics["objective"] == pytest.approx(1 - model.card.metrics["mean_iou"])
    assert Image.open(there / "model" / "preview.png").size[0] > 3 * 32


def test_the_saved_model_knows_its_classes_and_where_they_come_from(learned):
    model, recipe, there = learned
    loaded = load(there / "model", kind=SegmenterModel)
    grey, _ = discs(100)
    np.testing.assert_array_equal(loaded.segment(grey[None]), model.segment(grey[None]))
    assert loaded.classes == ("ground", "disc")
    said = loaded.card.provenance["data"]
    assert said["specimens_held_out"] == ["disc_3"]
    assert said["settings"]["classes"] == {"ground": [0], "disc": [1]}
    assert recipe.system.classes is None  # the recipe says it once, in its data section


def test_validation_says_iou_and_dice_by_class(learned):
    _, recipe, there = learned
    data = training_data(recipe.data)
    system, model = model_from_checkpoint(recipe, best_checkpoint(there / "run"), data, name="discs")
    metrics = system.validator(data, count=1000)()
    found = agreement(model.segment(data.held_out, limits=(0.0, 1.0)), data.held_out_targets, 2)
    assert metrics["iou/disc"] == pytest.approx(found.iou[1])
    assert metrics["dice/ground"] == pytest.approx(found.dice[0])
    assert metrics["segmentation_error"] == metrics["objective"] == pytest.approx(1 - found.mean_iou)
    assert metrics["pixel_accuracy"] == pytest.approx(found.accuracy)


def test_mlflow_keeps_a_picture_of_every_validation(tiny):
    recipe = located(tiny("unet", training={"steps": 4, "validate_every": 2}))
    uri = str(recipe.tracking.uri)
    run_id = start_run("pictures", experiment="unet", uri=uri)
    tracker = Tracker(run_id, uri)
    run_training(recipe, LocalSession(Path("run")), tracker=tracker)
    tracker.flush()
    client = MlflowClient(uri)
    kept = [one.path for one in client.list_artifacts(run_id, "pictures/overlays")]
    assert kept == ["pictures/overlays/step-00000002.png", "pictures/overlays/step-00000004.png"]
    picture = Image.open(client.download_artifacts(run_id, kept[0], "."))
    assert picture.mode == "RGB"
    assert picture.size == (4 * 16 + 3 * 4, 4 * 16)  # image, mask, labels, errors of four tiles
    metrics = client.get_run(run_id).data.metrics
    assert {"iou/ground", "iou/disc", "dice/disc", "segmentation_error", "loss_dice"} <= set(metrics)


# --- how tiles are varied -------------------------------------------------------------------------------------------


def pairs(count: int = 16, side: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels that are the image, so that whatever moves one must move the other."""
    targets = torch.randint(0, 2, (count, side, side), generator=torch.Generator().manual_seed(0))
    return targets[:, None].float() * 2 - 1, targets


@pytest.mark.parametrize(
    ("fields", "ways"),
    [
        ({}, 1),
        ({"flips": ["left-right"]}, 2),
        ({"flips": ["left-right", "up-down"]}, 4),
        ({"rotations": True}, 4),
        ({"flips": ["up-down"], "rotations": True}, 8),
    ],
)
def test_labels_are_moved_with_their_image_in_every_way_that_is_asked(fields: dict, ways: int):
    settings = UnetSettings(**(NONE | fields))
    one, target = pairs(1)
    images, targets = varied(one.expand(200, -1, -1, -1), target.expand(200, -1, -1), settings, drawn())
    assert torch.equal((images[:, 0] > 0).long(), targets)
    assert len({bytes(each.numpy()) for each in targets.to(torch.uint8)}) == ways


def test_bending_moves_labels_with_the_image_and_not_far():
    rows = torch.arange(64).expand(64, 64)
    targets = (rows // 16 % 2)[None].repeat(8, 1, 1)
    images = targets[:, None].float() * 2 - 1
    bent, labels = varied(images, targets, UnetSettings(**(NONE | {"elastic": 2.0})), drawn())
    assert not torch.equal(labels, targets)
    assert ((bent[:, 0] > 0).long() == labels).float().mean() > 0.99
    assert (labels == targets).float().mean() > 0.7
    assert set(labels.unique().tolist()) == {0, 1}
    partly = torch.where(rows < 20, 255, targets)
    assert set(varied(images, partly, UnetSettings(**(NONE | {"elastic": 2.0})), drawn())[1].unique().tolist()) == {
        0,
        1,
        255,
    }


def test_exposure_changes_grey_values_only_and_keeps_them_in_range():
    _, targets = pairs()
    images = torch.rand(16, 1, 12, 12, generator=torch.Generator().manual_seed(1)) * 2 - 1
    settings = UnetSettings(**(NONE | {"gain": 0.3, "offset": 0.2, "gamma": 0.5}))
    changed, labels = varied(images, targets, settings, drawn())
    assert torch.equal(labels, targets)
    assert changed.min() >= -1
    assert changed.max() <= 1
    order = images.flatten(1).argsort(1)
    assert (changed.flatten(1).gather(1, order).diff(dim=1) >= -1e-6).all()  # brighter stays brighter
    assert (changed - images).abs().mean((1, 2, 3)).std() > 0.01  # each tile in its own way
    assert torch.equal(varied(images, targets, UnetSettings(**NONE), drawn())[0], images)


def test_two_workers_vary_as_one_does():
    images, targets = pairs()
    settings = UnetSettings(elastic=1.0)
    whole = varied(images, targets, settings, drawn())
    for rank, part in enumerate((slice(0, 8), slice(8, 16))):
        found = varied(images[part], targets[part], settings, drawn(rank=rank, world_size=2))
        torch.testing.assert_close(found[0], whole[0][part])
        assert torch.equal(found[1], whole[1][part])


# --- settings, and beginning from another model ---------------------------------------------------------------------


def test_rare_classes_weigh_more(tiny):
    recipe = tiny("unet")
    data = training_data(recipe.data)
    for fields, expected in (
        ({"class_balance": 1.0}, 0.5 / data.class_shares),
        ({"class_weights": {"disc": 3.0}}, [1, 3]),
    ):
        system = build_system(tiny("unet", system=fields), CPU)
        system.prepare(data)
        np.testing.assert_allclose(system.weights.numpy(), expected, rtol=1e-5)


def test_fine_tuning_begins_with_the_models_weights(learned, tiny):
    model, _, there = learned
    system = {"width": 6, "depth": 2}
    recipe = tiny("unet", system=system, training={"init_from": str(there / "model"), "steps": 1})
    check(recipe)
    begun = build_system(recipe, CPU)
    begun.begin_from(model)
    for name, value in begun.network.state_dict().items():
        assert torch.equal(value, model.network.state_dict()[name]), name
    fresh = run_training(tiny("unet", system=system, training={"steps": 1}), LocalSession(Path("fresh")))
    tuned = run_training(recipe, LocalSession(Path("tuned")))
    assert tuned.metrics["mean_iou"] > fresh.metrics["mean_iou"] + 0.1


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"data": {"classes": {"ground": 0, "disc": 1, "crack": [2]}}}, "no training mask of .* holds the class crack"),
        ({"data": {"classes": ["ground", "pore"]}}, r"has classes ground, disc, but data\.classes says ground, pore"),
        ({"data": {"grey": "stored"}}, r"has grey percentiles, but data\.grey says stored"),
        ({"system": {"width": 4, "depth": 2}}, r"has width 6, but the recipe asks for 4; set system\.width alike"),
    ],
)
def test_models_that_do_not_fit_are_refused_in_one_sentence(learned, tiny, sections: dict, words: str):
    given = {"system": {"width": 6, "depth": 2}} | sections
    recipe = tiny("unet", **given, training={"init_from": str(learned[2] / "model")})
    with pytest.raises(RaysysError, match=words):
        check(recipe)


def test_a_segmenter_of_more_classes_is_refused(learned, tiny):
    """Beginning from three classes where the recipe has two."""
    from raysys.methods.unet.network import UNet
    from raysys.models import ModelCard

    network = UNet(16, classes=("ground", "disc", "crack"), depth=2, width=4)
    images = {"kind": "grey", "shape": (16, 16)}
    card = ModelCard(name="three", architecture="unet", hyperparameters=network.hyperparameters, images=images)
    save_model("three", SegmenterModel(card, network))
    with pytest.raises(
        RaysysError, match=r"'three' has classes ground, disc, crack, but data.classes says ground, disc"
    ):
        check(tiny("unet", training={"init_from": "three"}))


def test_other_data_and_other_models_are_refused(tiny, tmp_path: Path):
    blobs = tiny().data.model_dump(exclude={"source"})
    with pytest.raises(RaysysError, match=r"learns from images with masks; set data\.source=pairs"):
        build_system(Recipe.model_validate({"name": "x", "data": blobs, "system": {"method": "unet"}}), CPU)
    recipe = tiny("autoencoder", training={"steps": 1})
    run_training(recipe, LocalSession(Path("coder")))
    _, coder = model_from_checkpoint(recipe, best_checkpoint(Path("coder")), training_data(recipe.data), name="coder")
    with pytest.raises(RaysysError, match="architecture autoencoder; allowed: unet"):
        build_system(tiny("unet"), CPU).begin_from(coder)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dice_weight": 0, "cross_entropy_weight": 0}, "are both 0; nothing would be learned"),
        ({"class_weights": {"disc": -1}}, "negative weight"),
        ({"flips": ["sideways"]}, "left-right"),
    ],
)
def test_contradictory_settings_are_refused(tiny, fields: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        tiny("unet", system=fields)


def test_weights_of_unknown_classes_are_refused(tiny):
    with pytest.raises(RaysysError, match=r"system.class_weights names crack; classes are ground, disc"):
        check(tiny("unet", system={"class_weights": {"crack": 10}}))


def test_paths_of_masks_are_written_out_for_workers_in_other_folders(tmp_path: Path):
    given = ["data.images=pairs", "data.masks=labels", "data.classes=[a, b]"]
    recipe = located(load_recipe("unet-small", given))
    assert recipe.data.images == str(tmp_path / "pairs")
    assert recipe.data.masks == str(tmp_path / "labels")
