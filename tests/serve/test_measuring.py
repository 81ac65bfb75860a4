"""Requests resolved against a model, and samples measured against its reference."""

import numpy as np
import pytest
from support.serving import LIMITS, SIZE

from raysys.data import gaussian_random_field
from raysys.form import Form
from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import Cleaning
from raysys.models.card import ImagesCard, ModelCard
from raysys.serve.drawing import resolve
from raysys.serve.measuring import measure, measure_phases
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SampleRequest
from raysys.stats import characterise, compare

IMAGES = gaussian_random_field((SIZE, SIZE), correlation_length=2.0, phase_fraction=0.4, seed=3, n=4)


def model(kind: str) -> GanModel:
    network = Generator(SIZE, width=4, latent_channels=8, latent="lattice")
    images = ImagesCard(kind=kind, shape=(SIZE, SIZE))
    card = ModelCard(name="m", architecture="wgan-gp", hyperparameters=network.hyperparameters, images=images)
    return GanModel(card, network)


def test_what_is_left_open_is_filled_in():
    draw = resolve(SampleRequest(n=3), model("binary"), LIMITS)
    assert draw.form == Form("binary", (SIZE, SIZE))
    assert (draw.granted.window.origin, draw.granted.grey) == ((0, 0), False)
    assert draw.pixels == 3 * SIZE**2
    assert 0 <= draw.seed < 2**32
    assert resolve(SampleRequest(size=5), model("binary"), LIMITS).form.shape == (5, 5)


def test_models_of_grey_images_have_no_binary_descriptors():
    assert resolve(SampleRequest(format="json"), model("grey"), LIMITS).descriptors == []
    assert resolve(SampleRequest(grey=True), model("binary"), LIMITS).form.kind == "grey"
    with pytest.raises(RefusedError, match="binary images"):
        resolve(SampleRequest(format="json", descriptors=["S2"]), model("grey"), LIMITS)


def test_samples_are_cleaned_unless_the_raw_ones_are_asked_for():
    plain = model("binary")
    cleaning = Cleaning(minimum_object=6, minimum_hole=6)
    images = plain.card.images.model_copy(update={"cleaning": cleaning})
    cleaned = GanModel(plain.card.model_copy(update={"images": images}), plain.network)
    for raw, expected in ((True, plain), (False, cleaned)):
        found = resolve(SampleRequest(n=2, seed=3, raw=raw), cleaned, LIMITS).run()
        np.testing.assert_array_equal(found, expected.sample(2, seed=3))
    assert (plain.sample(2, seed=3) != cleaned.sample(2, seed=3)).any()


def test_samples_are_measured_as_the_reference_was():
    reference = characterise(IMAGES, ("S2", "P3H", "P4"), boundary="periodic", rounding="ceil", apex="mirrored")
    found = measure(IMAGES[:2], ["S2", "P3H", "P4"], reference)
    assert found.note is None
    expected = characterise(IMAGES[:2], ("S2", "P3H", "P4"), boundary="periodic", rounding="ceil", apex="mirrored")
    assert found.error == compare(reference, expected)


def test_without_a_reference_there_are_curves_but_no_errors():
    found = measure(IMAGES, ["S2"], None)
    assert found.characterisation.n == 4
    assert found.error == {}
    assert "without a reference" in found.note


def test_samples_of_one_phase_have_no_error_instead_of_a_wrong_one():
    found = measure(np.zeros((2, SIZE, SIZE), np.uint8), ["S2"], characterise(IMAGES, ("S2",)))
    assert found.error == {"S2": None}


def test_every_phase_of_label_images_is_measured_by_itself():
    form = Form("labels", (SIZE, SIZE), ("pore", "grain", "clay"))
    labels = IMAGES + 2 * (np.arange(SIZE) < 4).astype(np.uint8) * (IMAGES == 0)
    reference = characterise((labels == 1).astype(np.uint8), ("S2",))
    found = measure_phases(labels, form, ["S2"], {"grain": reference})
    assert list(found) == ["pore", "grain", "clay"]
    for number, numbers in enumerate(found.values()):
        np.testing.assert_allclose(numbers.fractions, (labels == number).mean(axis=(1, 2)))
        expected = characterise((labels == number).astype(np.uint8), ("S2",), r_max=SIZE // 2 - 1)
        curve = numbers.measured.characterisation.curves["S2"]
        np.testing.assert_array_equal(curve.mean[: SIZE // 2], expected.curves["S2"].mean)
    assert found["grain"].measured.error == {"S2": 0}
    assert "without a reference" in found["clay"].measured.note


def test_colours_are_not_measured():
    assert measure_phases(np.zeros((2, 4, 4, 3), np.float32), Form("colour", (4, 4)), [], {}) == {}
