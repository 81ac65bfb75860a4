"""The classifier: any size, its features, as a model, and what an autoencoding keeps of its class."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.assess.autoencoding.retention import class_retention
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.models import GenerativeModel, ModelCard, load, save_model

CLASSES = ("discs", "stripes", "noise")


def classifier(**options: object) -> ClassifierModel:
    """With batch statistics of real images, so that evaluation differs from a fresh network's."""
    torch.manual_seed(3)
    network = Classifier(**({"size": 32, "classes": CLASSES, "depth": 3, "width": 4} | options))
    with torch.no_grad():
        network.train()(torch.rand(8, 1, 32, 32).round())
        network.head.weight.mul_(20)
    card = ModelCard(
        name="tiny-classifier",
        architecture="classifier",
        hyperparameters=network.hyperparameters,
        images={"shape": (32, 32)},
    )
    return ClassifierModel(card, network)


@pytest.fixture(params=["circular", "zeros"])
def model(request: pytest.FixtureRequest) -> ClassifierModel:
    return classifier(padding=request.param)


def images_of(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(shape) < 0.4).astype(np.uint8)


def test_probabilities_are_a_softmax_of_the_networks_logits(model: ClassifierModel):
    images = images_of((5, 32, 32))
    found = model.probabilities(images)
    assert (found.dtype, found.shape) == (np.float32, (5, 3))
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(images[:, None]).float()).double().numpy()
    np.testing.assert_allclose(found, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), atol=1e-5)
    classes = model.classify(images)
    assert classes.dtype == np.int64
    np.testing.assert_array_equal(classes, found.argmax(1))
    assert model.classes == CLASSES


@pytest.mark.parametrize("batch", [1, 2, 16])
def test_an_image_depends_on_no_other_of_its_batch(model: ClassifierModel, batch: int):
    images = images_of((5, 32, 32))
    together = model.probabilities(images, batch=batch)
    assert len(np.unique(together[:, 0])) == 5
    for image, found in zip(images, together, strict=True):
        np.testing.assert_array_equal(model.probabilities(image[None])[0], found)


@pytest.mark.parametrize("shape", [(4, 4), (5, 9), (33, 20), (64, 96)])
def test_any_size_can_be_classified(model: ClassifierModel, shape: tuple[int, int]):
    assert np.isfinite(model.probabilities(images_of((2, *shape)))).all()


def test_a_periodic_image_may_be_repeated_and_shifted():
    """The mean over an image is that over one of its periods; two halvings commute with shifts by their cell."""
    model = classifier(padding="circular")
    images = images_of((3, 32, 32))
    expected = model.probabilities(images)
    np.testing.assert_allclose(model.probabilities(np.tile(images, (1, 2, 3))), expected, atol=1e-5)
    np.testing.assert_allclose(model.probabilities(np.roll(images, (4, -12), (1, 2))), expected, atol=1e-5)


def test_features_have_a_name_and_halve_with_each_level():
    network = classifier().network
    assert network.layers == ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2")
    found = network.features(torch.rand(2, 1, 32, 32), network.layers)
    shapes = {name: tuple(values.shape) for name, values in found.items()}
    for level, (channels, side) in enumerate([(4, 32), (8, 16), (16, 8)], start=1):
        assert shapes[f"conv{level}_1"] == shapes[f"conv{level}_2"] == (2, channels, side, side)
    assert all(values.min() == 0 for values in found.values())


def test_only_what_is_asked_for_is_computed():
    network = classifier().network
    seen: list[str] = []
    for name, block in network.blocks.items():
        block.register_forward_hook(lambda *_, name=name: seen.append(name))
    assert list(network.features(torch.rand(1, 1, 16, 16), ("conv1_2", "conv2_1"))) == ["conv1_2", "conv2_1"]
    assert seen == ["conv1_1", "conv1_2", "conv2_1"]


def test_save_and_load_keep_every_bit(model: ClassifierModel, tmp_path):
    save_model(tmp_path / "model", model)
    loaded = load(tmp_path / "model", kind=ClassifierModel)
    assert (loaded.card, loaded.classes, loaded.native_size) == (model.card, CLASSES, (32, 32))
    images = images_of((3, 40, 24))
    np.testing.assert_array_equal(loaded.probabilities(images), model.probabilities(images))


@pytest.mark.parametrize(("kind", "words"), [(GenerativeModel, "makes images"), (AutoencoderModel, "encodes")])
def test_who_wants_another_kind_is_told_in_one_sentence(tmp_path, kind: type, words: str):
    save_model(tmp_path / "model", classifier())
    with pytest.raises(RaysysError, match=f"'tiny-classifier' .* tells classes of images apart; wanted: .*{words}"):
        load(tmp_path / "model", kind=kind)


IMAGES = np.zeros((2, 32, 32), np.uint8)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES[0], "allowed: \\(N, pixels, pixels\\)"),
        (IMAGES[:, None], "allowed: \\(N, pixels, pixels\\)"),
        (IMAGES[:0], "one image or more"),
        (IMAGES + 255, "from 255 to 255 .* allowed: 0 to 1"),
        (np.full(IMAGES.shape, np.nan), "from nan to nan"),
        (IMAGES[:, :3], "allowed: 4 pixels a side and more"),
    ],
)
def test_images_that_cannot_be_classified(images: np.ndarray, words: str):
    with pytest.raises(RaysysError, match=words):
        classifier().probabilities(images)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"classes": ["one"]}, "two or more different names"),
        ({"classes": ["one", "one"]}, "two or more different names"),
        ({"depth": 0}, "halved"),
        ({"size": 16, "depth": 6}, "16 pixels cannot be halved 5 times"),
        ({"padding": "mirrored"}, "allowed: 'circular' or 'zeros'"),
    ],
)
def test_networks_that_cannot_be(options: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        Classifier(**({"size": 32, "classes": CLASSES} | options))


# --- class retention ------------------------------------------------------------------------------------------------


class Brightness(ClassifierModel):
    """Knows dark, middling and bright images for sure."""

    def classify(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        return np.digitize(images.mean((1, 2)), [1 / 3, 2 / 3])


@pytest.fixture
def brightness() -> Callable[..., object]:
    model = Brightness(classifier().card, classifier().network)
    return lambda originals, autoencodings, targets: class_retention(
        model, _flat(originals), _flat(autoencodings), targets
    )


def _flat(values: list[float]) -> np.ndarray:
    return np.tile(np.array(values, np.float32)[:, None, None], (1, 8, 8))


def test_retention_counts_by_hand(brightness):
    # Of four discs one is not recognised in its original; one of the other three turns into noise.
    found = brightness([0, 0, 0, 0.5, 0.5], [0, 0, 1, 0, 0.5], [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(found.confusion, [[3, 0, 1], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(found.confusion_original, [[3, 1, 0], [0, 1, 0], [0, 0, 0]])
    assert (found.originals["discs"], found.autoencodings["discs"]) == (0.75, 0.75)
    assert found.retained["discs"] == pytest.approx(2 / 3)
    assert found.retained["stripes"] == 1
    assert all(np.isnan(shares["noise"]) for shares in (found.originals, found.autoencodings, found.retained))
    assert (found.accuracy, found.accuracy_original, found.retention) == (0.8, 0.8, 0.75)


def test_names_serve_as_well_as_numbers(brightness):
    values = [0, 0.5, 1, 0]
    by_number = brightness(values, values[::-1], [0, 1, 2, 0])
    by_name = brightness(values, values[::-1], ["discs", "stripes", "noise", "discs"])
    np.testing.assert_array_equal(by_name.confusion, by_number.confusion)
    np.testing.assert_array_equal(by_name.kept, by_number.kept)


def test_perfect_copies_keep_everything_and_nothing_is_kept_of_nothing(brightness):
    assert brightness([0, 1, 1], [0, 1, 1], [0, 2, 1]).retention == 1
    assert brightness([0, 1, 1], [0, 1, 1], [0, 2, 1]).accuracy == pytest.approx(2 / 3)
    assert np.isnan(brightness([0, 1], [0, 1], [1, 1]).retention)


@pytest.mark.parametrize(
    ("autoencodings", "targets", "words"),
    [
        ([0], [0, 1], "do not belong together"),
        ([0, 1], [0], "and 1 classes do not belong together"),
        ([0, 1], [0, 3], "class 3 is none of model 'tiny-classifier'; allowed: discs, stripes, noise"),
        ([0, 1], [0, -1], "class -1 is none"),
        ([0, 1], ["discs", "foam"], "class 'foam' is none"),
    ],
)
def test_what_does_not_belong_together_is_refused(brightness, autoencodings: list, targets: list, words: str):
    with pytest.raises(RaysysError, match=words):
        brightness([0, 1], autoencodings, targets)
