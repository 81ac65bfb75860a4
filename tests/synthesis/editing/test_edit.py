"""Edits: the published weights and schedule, what stays, seeds, resuming, the classifier's terms, sentences."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.textures import SHORT, few_channels, stripes

from raysys.errors import RaysysError
from raysys.features.recognition import Recogniser
from raysys.methods.classifier.network import Classifier
from raysys.synthesis import Copies, edit, edit_order
from raysys.synthesis.descent import Descent
from raysys.synthesis.editing.edit import PUBLISHED_SIDE
from raysys.synthesis.editing.plan import EditPlan
from raysys.synthesis.editing.presets import EDIT_PRESETS, HOLES, EditWeights
from raysys.synthesis.editing.terms import EditObjective
from raysys.synthesis.extractor import VARIABLE
from raysys.synthesis.presets import Scale

SIDE = 40
TINY = replace(SHORT, name="fast", scales=(Scale(0.5, 2, 0.03, ("conv2_1",)), Scale(1.0, 3, 0.02, ("conv2_1",))))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """VGG-19 with few channels, and no ResNet-50 anywhere."""
    monkeypatch.setattr("raysys.synthesis.editing.edit.extractor", lambda weights, deepest: few_channels(deepest))
    monkeypatch.delenv("RAYSYS_RESNET50", raising=False)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path))


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top:bottom, left:right] = True
    return mask


HOLE = box(14, 10, 26, 24)


def small_recogniser(title: str = "ours") -> Recogniser:
    """A random classifier of colours with features of two levels."""
    torch.manual_seed(0)
    network = Classifier(16, classes=("a", "b", "c"), depth=2, width=4, channels=3)

    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
            return network(pixels), list(network.features(pixels, ("conv1_2", "conv2_2")).values())

    return Recogniser(Two(), title, {"source": "test"}, classes=network.classes, smallest=2)


def planned(**asked: object) -> EditPlan:
    plan = edit_order(stripes(SIDE, colour=True), HOLE, **{"preset": TINY} | asked).plan  # type: ignore[arg-type]
    assert isinstance(plan, EditPlan)
    return plan


def test_weights_and_schedule_are_the_published_ones():
    assert asdict(EditWeights()) == {
        "correspondence": 5.0,
        "classification": 1.0,
        "moments": 5.0,
        "variation": 1e-3,
        "norm": 1e-5,
    }
    published = EDIT_PRESETS["published"]
    assert PUBLISHED_SIDE == 224
    assert (published.start, published.falling, published.half) == ("noise", False, False)
    assert published.patches.occurrence == 0.1
    base = ("conv2_1", "conv3_1", "conv4_1")  # relu2_1, relu3_1, relu4_1
    expected = [
        (factor, steps, 0.01, layers)
        for factor in (0.25, 0.5, 0.75, 1.0)
        for steps, layers in ((300, base), (200, ("conv1_1", *base)))
    ]
    assert [(one.factor, one.steps, one.rate, one.layers) for one in published.scales] == expected
    moved = planned(shift=(5, 0), classifier=small_recogniser())
    assert moved.guidance is not None
    assert moved.guidance.weights == {"annotation": 10.0}
    assert moved.copies == Copies()


@pytest.mark.parametrize("kind", ["colour", "grey", "binary"])
def test_outside_of_a_hole_every_bit_stays(kind: str):
    image = stripes(SIDE, colour=kind == "colour")
    image = (image > 0.6).astype(np.uint8) if kind == "binary" else image
    made = edit(image, HOLE, preset=TINY, seed=1)
    assert made.image.dtype == image.dtype
    assert np.array_equal(made.image[~HOLE], image[~HOLE])
    assert not np.array_equal(made.image[HOLE], image[HOLE])
    assert len(made.losses) == 5
    assert made.provenance["terms"] == {"correspondence": 5.0}
    if kind == "binary":
        assert made.image[HOLE].mean() == pytest.approx(image[~HOLE].mean(), abs=1 / HOLE.sum())


def test_a_hole_is_quilted_with_pixels_from_outside_of_it():
    """Values in the hole occur nowhere else; not one of them is in what it begins as."""
    image = stripes(SIDE)
    marked = np.where(HOLE, 1.0, 0.9 * image).astype(np.float32)
    plan = edit_order(marked, HOLE, preset=TINY).plan
    begun = plan.begun((SIDE, SIDE), 0)
    assert begun is not None
    assert torch.equal(begun[0, 0][~torch.from_numpy(HOLE)], torch.from_numpy(marked[~HOLE]))
    assert begun.max() < 1
    assert set(begun[0, 0][torch.from_numpy(HOLE)].tolist()) <= set(marked[~HOLE].tolist())


def test_of_a_moved_object_all_but_a_border_stays():
    image = stripes(SIDE, colour=True)
    made = edit(image, box(14, 6, 22, 12), shift=(14, 0), preset=TINY, border=3)
    touched = box(11, 3, 25, 29)  # both places and the way of three pixels around them
    assert np.array_equal(made.image[~touched], image[~touched])
    assert not np.array_equal(made.image, image)


def test_a_small_hole_of_a_large_image_is_filled_in_a_window_from_all_of_it():
    image = np.tile(stripes(40), (1, 8))
    hole = np.zeros(image.shape, bool)
    hole[12:24, 10:26] = True
    order = edit_order(image, hole, preset=TINY, seed=2)
    plan = order.plan
    assert isinstance(plan, EditPlan)
    assert (plan.window, plan.size, plan.exemplar.size) == ((0, 0, 40, 128), (40, 128), (40, 320))
    made = edit(image, hole, preset=TINY, seed=2).image
    assert made.shape == image.shape
    assert np.array_equal(made[~hole], image[~hole])
    assert not np.array_equal(made[hole], image[hole])
    # With a classifier's terms all of the image is looked at.
    assert planned(shift=(9, 4), classifier=small_recogniser()).size == (SIDE, SIDE)


def test_a_finer_scale_begins_with_the_images_detail_and_what_the_coarse_one_changed():
    plan = planned(shift=(9, 4))
    size = (SIDE // 2, SIDE // 2)
    coarse = plan.begun(size, 0)
    assert torch.allclose(plan.enlarged(coarse, (SIDE, SIDE), 0), plan.begun((SIDE, SIDE), 0), atol=1e-6)
    brighter = plan.enlarged(coarse + 0.1, (SIDE, SIDE), 0) - plan.begun((SIDE, SIDE), 0)
    assert torch.allclose(brighter, torch.full_like(brighter, 0.1), atol=1e-5)


def test_an_object_begins_where_it_is_wanted():
    image = stripes(SIDE, colour=True)
    image[14:22, 6:12] = (0, 0, 1)
    for copy in (False, True):
        order = edit_order(image, box(14, 6, 22, 12), shift=(14, -3), preset=TINY, copy=copy)
        begun = order.plan.begun((SIDE, SIDE), 0)
        assert begun is not None
        blue = (begun[0].permute(1, 2, 0).numpy() == (0, 0, 1)).all(-1)
        assert blue[11:19, 20:26].all()
        assert blue[14:22, 6:12].all() == copy


def test_a_seed_gives_one_image_and_another_another():
    image = stripes(SIDE, colour=True)
    first, again, other = (edit(image, HOLE, preset=TINY, seed=seed).image for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("shift", [None, (9, 4)])
def test_an_edit_goes_on_from_any_step_to_the_same_bits(shift: tuple[int, int] | None):
    """Also where layers change within a size, and Adam goes on."""
    scales = (Scale(0.5, 2, 0.02, ("conv2_1",)), Scale(0.5, 2, 0.02, ("conv1_1", "conv2_1")), TINY.scales[1])
    plan = planned(preset=replace(TINY, scales=scales), shift=shift, classifier=shift and small_recogniser())
    whole, states = Descent(plan), []
    while not whole.finished:
        states.append(whole.state())
        whole.advance()
    for state in states[1::2]:
        resumed = Descent.from_state(plan, 0, state)
        while not resumed.finished:
            resumed.advance()
        assert resumed.losses == whole.losses
        assert np.array_equal(resumed.image, whole.image)


def test_adam_goes_on_where_only_layers_change():
    """Two scales of one factor and the same layers are one scale: nothing is drawn in an exact search."""
    exact = replace(TINY, patches=replace(TINY.patches, search="exact", stride=3, memory=0.0), falling=False)
    found = []
    for parts in ((4,), (2, 2)):
        scales = tuple(Scale(1.0, steps, 0.02, ("conv2_1",)) for steps in parts)
        made = Descent(planned(preset=replace(exact, scales=scales)))
        while not made.finished:
            made.advance()
        found.append(made)
    assert found[0].losses == found[1].losses
    assert np.array_equal(found[0].image, found[1].image)


def test_the_loss_is_the_weighted_sum_of_five_terms():
    network, alone = small_recogniser(), replace(TINY.patches, memory=0.0)  # each call by itself
    plan = planned(preset=replace(TINY, patches=alone), shift=(9, 4), classifier=network)
    scale, layers = plan.scales[1]
    objective = plan.objective(scale, layers)
    assert isinstance(objective, EditObjective)
    pixels = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    terms = objective.terms(pixels, torch.Generator().manual_seed(4))
    assert set(terms) == set(asdict(EditWeights()))
    weights = asdict(EditWeights())
    expected = sum(weights[name] * float(one) for name, one in terms.items())
    assert float(objective(pixels, torch.Generator().manual_seed(4))) == pytest.approx(expected, rel=1e-5)
    # The class wanted is the one that the image is recognised as, at this scale.
    logits, _ = network(plan.exemplar.pixels(scale.factor))
    assert objective.wanted == logits.argmax(1)
    expected_entropy = -network(pixels)[0].log_softmax(1)[0, objective.wanted]
    assert float(terms["classification"]) == pytest.approx(float(expected_entropy), rel=1e-5)
    assert float(terms["norm"]) == pytest.approx(float(pixels.square().sum().sqrt()), rel=1e-5)


def test_a_term_is_left_out_and_that_changes_the_image():
    image, network = stripes(SIDE, colour=True), small_recogniser()
    made = {
        without: edit(image, HOLE, shift=(9, 4), preset=TINY, classifier=network, without=without)
        for without in ((), ("correspondence",))
    }
    assert "correspondence" not in made["correspondence",].provenance["terms"]
    assert not np.array_equal(made[()].image, made["correspondence",].image)
    assert made[()].provenance["classifier"] == {"classifier": "ours", "source": "test"}


def test_without_a_classifier_its_terms_are_left_out_and_the_published_form_is_out_of_reach():
    image = stripes(SIDE, colour=True)
    plan = edit_order(image, HOLE, shift=(9, 4)).plan
    assert isinstance(plan, EditPlan)
    assert (plan.weights.classification, plan.weights.moments) == (0, 0)
    assert plan.notices[0].startswith("the terms classification and moments are left out: ResNet-50's weights were not")
    with pytest.raises(RaysysError, match="the published form of editing is not reachable here: ResNet-50's weights"):
        edit_order(image, HOLE, shift=(9, 4), preset="published")
    other = edit_order(image, HOLE, shift=(9, 4), preset="published", classifier=small_recogniser()).plan
    assert other.notices[0] == (
        "the published form of editing is not reachable here, which has ResNet-50: ours serves in its place"
    )


def test_the_published_form_is_of_224_pixels_and_begins_as_normal_noise():
    image = stripes(SIDE, colour=True)
    plan = edit_order(image, HOLE, shift=(9, 4), preset="published", classifier=small_recogniser("ResNet-50")).plan
    assert isinstance(plan, EditPlan)
    assert plan.size == plan.exemplar.size == (224, 224)
    assert plan.change.source.sum() / 224**2 == pytest.approx(HOLE.sum() / SIDE**2, rel=0.02)
    assert plan.steps == 2000
    assert plan.known is None
    assert "the image, 40 x 40 pixels, is brought to 224 x 224, as published" in plan.notices
    begun = plan.begun((56, 56), 0)
    assert begun.mean().item() == pytest.approx(0, abs=0.05)
    assert begun.std().item() == pytest.approx(1, abs=0.05)
    # Filling a hole keeps the image's own size, since what is known is to stay.
    assert edit_order(image, HOLE, preset="published").plan.size == (SIDE, SIDE)


def test_without_weights_of_vgg19_the_image_is_quilted_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.undo()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent.npz"))
    monkeypatch.setattr("raysys.features.weights.find_spec", lambda name: None)
    image = (stripes(SIDE) > 0.6).astype(np.uint8)
    made = edit(image, HOLE)
    assert made.method == "quilting"
    assert made.notices[0].startswith(
        "the image is quilted only, for want of the term correspondence: VGG-19's weights"
    )
    assert np.array_equal(made.image[~HOLE], image[~HOLE])
    with pytest.raises(RaysysError, match="the published form of editing is not reachable here: VGG-19's weights"):
        edit(image, HOLE, preset="published")


def test_rotations_give_more_sources():
    assert len(planned(copies=Copies(rotations=8)).sources) == 8


def test_a_folder_of_another_edit_is_refused(tmp_path: Path):
    image = stripes(SIDE, colour=True)
    edit(image, HOLE, preset=TINY, checkpoint_folder=tmp_path / "kept")
    with pytest.raises(RaysysError, match="another change"):
        edit(image, box(2, 2, 9, 9), preset=TINY, checkpoint_folder=tmp_path / "kept")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"copy": True}, "a copy without a shift or a scale; allowed: beside one that says where the copy goes"),
        ({"target": HOLE, "shift": (1, 1)}, "a target mask beside a shift or a scale; allowed: one of them says where"),
        ({"target": HOLE}, "the target mask is the source mask, so that nothing changes; allowed: another one"),
        ({"target": HOLE[:-1]}, "the target mask has 39 x 40 pixels, and the image 40 x 40; allowed: the same"),
        ({"border": -1}, "a border of -1 pixels; allowed: 0 and more"),
        ({"preset": "slow"}, "preset is 'slow'; allowed: 'fast', 'published'"),
        ({"without": ["gan"]}, "without 'gan', which is no term of an edit; allowed: correspondence, classification"),
        ({"without": ["correspondence"]}, "an edit without any term; allowed: one of them at least"),
        ({"classifier": "c"}, "a classifier for filling a hole, which has no use for it; allowed: none"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(asked: dict[str, object], sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        edit(stripes(SIDE, colour=True), HOLE, **asked)  # type: ignore[arg-type]


def test_a_hole_that_leaves_too_little_is_refused():
    with pytest.raises(RaysysError, match="the hole leaves no 6 x 6 pixels of the image to fill it with"):
        edit_order(stripes(SIDE), box(2, 2, SIDE - 2, SIDE - 2), preset=TINY)


def test_holes_know_one_term():
    assert [name for name, one in asdict(HOLES).items() if one] == ["correspondence"]
