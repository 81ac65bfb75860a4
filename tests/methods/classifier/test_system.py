"""The classifier as a system: what it learns, what validation says, whom it refuses, and its features as a style."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.labelled import discs_and_stripes, write_labelled
from typer.testing import CliRunner

from raysys.assess.autoencoding.retention import class_retention
from raysys.cli import app
from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.features.classified import classifier_features
from raysys.losses import StyleLoss
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.system import augmented
from raysys.methods.classifier.validation import ClassificationValidator
from raysys.models import load, save_model
from raysys.train import Recipe
from raysys.train.batches import Batch, Draws
from raysys.train.loop import build_system, run_training
from raysys.train.metrics import HOPELESS, OBJECTIVE
from raysys.train.publish import model_from_checkpoint
from raysys.train.session import LocalSession, best_checkpoint

CPU = torch.device("cpu")


def drawn(step: int = 0, rank: int = 0, world_size: int = 1) -> Draws:
    return Draws(seed=0, step=step, rank=rank, world_size=world_size, device=CPU)


def trained(recipe: Recipe, folder: Path) -> ClassifierModel:
    run_training(recipe, LocalSession(folder))
    _, model = model_from_checkpoint(recipe, best_checkpoint(folder), training_data(recipe.data), name="tiny")
    assert isinstance(model, ClassifierModel)
    return model


@pytest.fixture(scope="module")
def recognising(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved classifier that has learnt to tell discs from stripes."""
    folder = tmp_path_factory.mktemp("classifier")
    torch.set_num_threads(1)
    recipe = Recipe.model_validate(
        {
            "name": "tiny",
            "data": {
                "source": "micro2d",
                "images": str(write_labelled(folder / "labelled.h5", discs_and_stripes())),
                "tile": 16,
            },
            "system": {"method": "classifier", "classes": ["discs", "stripes"], "width": 4, "depth": 3},
            "training": {"steps": 60, "batch": 8, "validate_every": 20},
        }
    )
    model = trained(recipe, folder / "run")
    assert model.card.metrics["balanced_accuracy"] == 1
    return save_model(folder / "model", model)


@pytest.fixture
def model(recognising: Path) -> ClassifierModel:
    return load(recognising, kind=ClassifierModel)


def test_two_classes_that_differ_plainly_are_told_apart(tiny, model: ClassifierModel):
    data = training_data(tiny("classifier").data)
    np.testing.assert_array_equal(model.classify(data.test[:]), data.test_targets)
    assert set(data.test_targets) == {0, 1}
    assert model.card.provenance["data"]["classes"] == {"discs": 28, "stripes": 28}
    assert model.card.metrics["classification_error"] == model.card.metrics[OBJECTIVE]
    # Larger images of the same kind, which it has never seen.
    np.testing.assert_array_equal(model.classify(np.tile(data.test[:], (1, 3, 2))), data.test_targets)


def test_copies_are_recognised_and_flat_grey_images_are_not(tiny, model: ClassifierModel):
    data = training_data(tiny("classifier").data)
    originals, targets = data.test[:], data.test_targets
    exact = class_retention(model, originals, originals.astype(np.float32), targets)
    assert exact.accuracy == exact.accuracy_original == exact.retention == 1
    assert exact.autoencodings == {"discs": 1.0, "stripes": 1.0}
    flat = np.broadcast_to(originals.mean((1, 2), keepdims=True), originals.shape)
    grey = class_retention(model, originals, flat, [data.target_names[number] for number in targets])
    assert grey.retention <= 0.5  # whatever flat grey is taken for, it is one of two
    assert grey.accuracy_original == 1
    swapped = class_retention(model, originals, originals[np.argsort(targets)[::-1]], np.sort(targets))
    assert swapped.accuracy == 0


def test_only_models_that_make_images_are_sampled_and_served(recognising: Path, tmp_path: Path):
    result = CliRunner().invoke(app, ["sample", str(recognising), "-o", "s.png"], prog_name="raysys")
    assert result.exit_code == 2
    assert "classifier, which tells classes of images apart; wanted: one that makes images" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not Path("s.png").exists()


# --- training -------------------------------------------------------------------------------------------------------


def test_each_image_is_only_shifted_and_mirrored():
    images = torch.rand(6, 2, 5, 8)
    numbers = torch.rand(6, 4, generator=torch.Generator().manual_seed(1))
    moved = augmented(images, numbers, shifts=True, flips=True)
    assert moved.shape == images.shape
    found = []
    for image, other in zip(images, moved, strict=True):
        candidates = {
            (dy, dx, *flipped): image.flip([1 + axis for axis in flipped]).roll((dy, dx), (1, 2))
            for dy in range(5)
            for dx in range(8)
            for flipped in ((), (0,), (1,), (0, 1))
        }
        same = [key for key, candidate in candidates.items() if torch.equal(candidate, other)]
        assert len(same) == 1
        found += same
    assert len(set(found)) > 3


def test_shifts_and_flips_are_done_only_where_they_are_wanted():
    images, numbers = torch.rand(4, 1, 6, 6), torch.rand(4, 4)
    assert torch.equal(augmented(images, numbers, shifts=False, flips=False), images)
    no_flip = augmented(images, torch.full((4, 4), 0.99), shifts=True, flips=True)
    assert torch.equal(no_flip, images.roll((-5, -5), (2, 3)))
    mirrored = augmented(images, torch.zeros(4, 4), shifts=True, flips=True)
    assert torch.equal(mirrored, images.flip(2, 3))


def test_two_workers_shift_and_mirror_as_one_would():
    images = torch.rand(8, 1, 6, 6)
    one = augmented(images, drawn().uniform("augmentation", (8, 4)), shifts=True, flips=True)
    two = [
        augmented(part, drawn(rank=rank, world_size=2).uniform("augmentation", (4, 4)), shifts=True, flips=True)
        for rank, part in enumerate(images.split(4))
    ]
    assert torch.equal(torch.cat(two), one)


def test_the_learning_rate_falls_to_a_hundredth(tiny):
    system = build_system(tiny("classifier", system={"decay_steps": 10, "learning_rate": 0.1}), CPU)
    batch = Batch(torch.rand(4, 1, 16, 16) * 2 - 1, torch.tensor([0, 1, 0, 1]))
    rates = []
    for step in (0, 5, 10, 99):
        system.step([batch], drawn(step), lambda parameters: None)
        rates.append(system.optimizers["classifier"].param_groups[0]["lr"])
    assert rates == pytest.approx([0.1, 0.0505, 0.001, 0.001])


# --- validation -----------------------------------------------------------------------------------------------------


def measured(logits: list[list[float]], targets: list[int]) -> dict[str, float]:
    images = np.zeros((len(targets), 4, 4), np.uint8)
    validator = ClassificationValidator(
        images, np.array(targets), classes=["a", "b", "c"], logits=lambda _: np.array(logits, np.float32)
    )
    return validator()


def test_the_error_is_the_missed_share_and_the_cross_entropy_of_classes_in_equal_parts():
    sure, unsure = [np.log(8), 0, 0], [0, np.log(3), 0]  # probabilities 0.8, 0.1, 0.1 and 0.2, 0.6, 0.2
    found = measured([sure, sure, sure, unsure, sure], [0, 0, 0, 0, 1])
    assert found["accuracy_a"] == 0.75
    assert found["accuracy_b"] == 0
    assert "accuracy_c" not in found  # there is no image of it
    assert found["balanced_accuracy"] == 0.375
    entropy = ((3 * -np.log(0.8) - np.log(0.2)) / 4 - np.log(0.1)) / 2
    assert found["cross_entropy"] == pytest.approx(entropy, rel=1e-6)
    assert found["classification_error"] == found[OBJECTIVE] == pytest.approx(0.625 + entropy, rel=1e-6)
    confusion = (found["largest_confusion"], found["largest_confusion_of"], found["largest_confusion_with"])
    assert confusion == (1.0, 1.0, 0.0)


def test_where_all_is_recognised_half_an_image_is_left():
    found = measured([[50, 0, 0], [0, 50, 0], [0, 0, 50], [0, 0, 50]], [0, 1, 2, 2])
    assert found["balanced_accuracy"] == 1
    assert found["largest_confusion"] == 0
    assert found[OBJECTIVE] == pytest.approx(1 / 8, rel=1e-6)


def test_a_network_without_numbers_is_as_bad_as_can_be():
    assert measured([[np.nan, 0, 0], [0, 0, 0]], [0, 1])[OBJECTIVE] == HOPELESS


# --- refusals -------------------------------------------------------------------------------------------------------


def test_data_without_classes_are_refused(tiny):
    recipe = tiny("classifier")
    unlabelled = recipe.model_copy(update={"data": tiny().data})
    with pytest.raises(RaysysError, match=r"blobs\.npy has no classes, .* such as data\.source: micro2d"):
        run_training(unlabelled, LocalSession(Path("run")))
    system = build_system(recipe, CPU)
    for targets, words in ((None, "no classes"), (torch.zeros(2, 16, 16), "a label for each pixel")):
        with pytest.raises(RaysysError, match=words):
            system.step([Batch(torch.zeros(2, 1, 16, 16), targets)], drawn(), lambda parameters: None)


@pytest.mark.parametrize("classes", [["stripes", "discs"], ["discs", "stripes", "noise"]])
def test_classes_of_other_names_or_order_are_refused(tiny, classes: list[str]):
    recipe = tiny("classifier", system={"classes": classes})
    with pytest.raises(RaysysError, match=r"has the classes discs, stripes, but system\.classes is .*in one order"):
        run_training(recipe, LocalSession(Path("run")))


@pytest.mark.parametrize(
    ("classes", "words"), [(["discs"], "at least 2"), (["discs", "discs"], "classes must have different names")]
)
def test_classes_that_are_none_are_refused(tiny, classes: list[str], words: str):
    with pytest.raises(RaysysError, match=words):
        tiny("classifier", system={"classes": classes})


def test_training_goes_on_from_a_saved_classifier(tiny, recognising: Path, model: ClassifierModel):
    recipe = tiny("classifier", system={"depth": 3, "dropout": 0.2})
    system = build_system(recipe, CPU)
    system.begin_from(model)
    data = training_data(recipe.data)
    assert system.validator(data, count=12)()["balanced_accuracy"] == 1
    with pytest.raises(RaysysError, match="has depth 3, but the recipe asks for 2"):
        build_system(tiny("classifier"), CPU).begin_from(model)
    with pytest.raises(RaysysError, match="of architecture classifier; allowed: autoencoder"):
        build_system(tiny("autoencoder"), CPU).begin_from(model)
    autoencoder = build_system(tiny("autoencoder"), CPU).model(name="coder", card={})
    with pytest.raises(RaysysError, match="of architecture autoencoder; allowed: classifier"):
        system.begin_from(autoencoder)


# --- its features as a style ----------------------------------------------------------------------------------------


def test_the_style_of_an_image_is_its_own_and_pulls_others_towards_it(recognising: Path):
    loss = StyleLoss(classifier_features(str(recognising)))
    images = torch.from_numpy(np.concatenate(list(discs_and_stripes(4).values()))[:, None]).float()
    assert loss(images, images).item() == 0
    assert loss(images.roll((4, 8), (2, 3)), images).item() < 1e-9  # a style does not know where
    output = images.flip(0).requires_grad_()
    value = loss(output, images)
    assert value.item() > 1e-3
    value.backward()
    assert output.grad is not None
    assert output.grad.abs().sum() > 0
    nearer = output.detach() - 1e-2 * output.grad / output.grad.abs().max()
    assert loss(nearer, images) < value


def test_features_are_frozen_and_say_where_they_come_from(recognising: Path, model: ClassifierModel, tmp_path: Path):
    features = classifier_features(str(recognising))
    assert features.provenance["source"] == f"classifier:{recognising}"
    assert features.provenance["model"] == "tiny"
    assert features.provenance["layers"] == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]
    assert not any(parameter.requires_grad for parameter in features.parameters())
    before = features(torch.rand(2, 1, 16, 16).round())
    assert list(before) == features.provenance["layers"]
    # Also where what they are part of is trained, and wherever the same weights are saved.
    images = torch.rand(2, 1, 16, 16)
    still = features(images)["conv2_1"]
    assert torch.equal(features.train()(images)["conv2_1"], still)
    again = classifier_features(str(save_model(tmp_path / "copy", model)), ("conv2_1",))
    assert again.provenance["sha256"] == features.provenance["sha256"]
    assert torch.equal(again(images)["conv2_1"], still)
    with torch.no_grad():
        model.network.head.bias.add_(1)
    other = classifier_features(str(save_model(tmp_path / "other", model)), ("conv2_1",))
    assert other.provenance["sha256"] != features.provenance["sha256"]


def test_an_autoencoder_is_trained_on_the_style_of_a_classifier(tiny, recognising: Path):
    style = {"style_weight": 1.0, "pixel_weight": 0.0, "style_features": [f"classifier:{recognising}"]}
    system = build_system(tiny("autoencoder", system={**style, "style_layers": ["conv1_2", "conv2_1"]}), CPU)
    told = system.record()["style_features"]
    assert (told["model"], told["layers"]) == ("tiny", ["conv1_2", "conv2_1"])
    assert told["gram_normalisation"] == "positions"
    assert set(system.modules) == {"autoencoder"}  # nothing of the classifier is in its checkpoints
    images = torch.from_numpy(discs_and_stripes(8)["stripes"][:, None]).float() * 2 - 1
    losses = [system.step([Batch(images)], drawn(step), lambda parameters: None) for step in range(20)]
    assert losses[-1]["loss_style"] < losses[0]["loss_style"]


@pytest.mark.parametrize(
    ("layers", "words"),
    [(("conv9_1",), "'conv9_1' is no layer of classifier 'tiny'; allowed: conv1_1, .*conv3_2"), ((), "none is no")],
)
def test_layers_that_it_has_not_are_refused(recognising: Path, layers: tuple[str, ...], words: str):
    with pytest.raises(RaysysError, match=words):
        classifier_features(str(recognising), layers)


def test_features_of_another_kind_of_model_are_refused(tiny, tmp_path: Path):
    save_model(tmp_path / "coder", build_system(tiny("autoencoder"), CPU).model(name="coder", card={}))
    with pytest.raises(RaysysError, match="wanted: one whose network names layers of features, such as a classifier"):
        classifier_features(str(tmp_path / "coder"))
