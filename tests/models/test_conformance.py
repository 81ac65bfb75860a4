"""What every sampling model keeps to."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.models import ImagesCard, load, save_model
from raysys.models.channels import values_before
from raysys.models.condition import read_condition
from raysys.models.sampling import Window, draw

BORDERLINE = 1e-4  # of the values around the threshold, where rounding may decide


def codes(model, *seeds):
    """What images of these seeds have where nothing is asked; None for a model that is not conditional."""
    asked = read_condition(None, model.card.condition, seeds, model=model.name)
    return [None] * len(seeds) if asked is None else list(asked.codes)


def decided(model, values):
    """Images of the card's kind, from their values before the threshold."""
    if model.form.kind == "binary":
        return values > 0.5
    return values.argmax(-1) if model.form.kind == "labels" else values


def test_samples_are_images_of_the_cards_kind_and_native_size(model):
    images = model.sample(3, seed=1)
    assert model.form == model.card.images.form
    assert images.shape == model.form.array_shape(3, model.native_size)
    assert images.dtype == model.form.dtype
    if images.dtype == np.uint8:
        assert set(np.unique(images)) == set(range(max(2, model.form.channels)))
    assert not np.array_equal(images[0], images[1])


def test_images_are_decided_from_values_before_the_threshold(model):
    values = model.sample(2, seed=1, grey=True)
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1
    assert values.std() > 0.02
    if model.form.kind == "labels":
        assert values.shape == (2, *model.native_size, model.form.channels)
        np.testing.assert_allclose(values.sum(-1), 1, atol=1e-5)
    np.testing.assert_array_equal(model.sample(2, seed=1), decided(model, values))


def test_models_of_grey_images_return_grey_ones(model):
    if model.form.channels != 1:
        pytest.skip("of several channels")
    kind = model.card.images.model_copy(update={"kind": "grey"})
    grey = type(model)(model.card.model_copy(update={"images": kind}), model.network)
    np.testing.assert_array_equal(grey.sample(1), model.sample(1, grey=True))


def test_a_network_of_other_channels_than_its_card_is_refused(model):
    other = model.card.images.model_dump() | {"kind": "colour", "channels": 3, "phases": ()}
    if model.form.kind == "colour":
        other |= {"kind": "binary", "channels": 1}
    card = model.card.model_copy(update={"images": ImagesCard(**other)})
    if model.form.channels == card.images.channels:
        pytest.skip("labels of three phases have as many channels as colours")
    with pytest.raises(RaysysError, match=f"network of {model.form.channels} channels, and its card tells of"):
        type(model)(card, model.network)


def test_an_image_depends_on_its_seed_alone_whatever_the_batch(model):
    together = model.sample(4, seed=5, grey=True)
    for image in range(4):
        np.testing.assert_array_equal(together[image], model.sample(1, seed=5 + image, grey=True)[0])
        np.testing.assert_array_equal(together[image], model.sample(1, seed=5, start=image, grey=True)[0])
    np.testing.assert_array_equal(together, model.sample(4, seed=5, grey=True))
    np.testing.assert_array_equal(together[:1], model.sample(1, seed=5 + 2**64, grey=True))


def test_sampling_leaves_torchs_random_state_and_the_gradients_alone(model):
    state = torch.random.get_rng_state()
    model.sample(1)
    assert torch.equal(state, torch.random.get_rng_state())
    assert not model.network.training
    assert all(value.grad is None for value in model.network.parameters())


def test_batches_of_an_accelerator_give_the_same_images_up_to_rounding(model):
    """The path of a GPU: several blocks in one pass."""
    window, seeds = Window((0,) * len(model.native_size), model.native_size), (1, 2, 3)
    alone = model.sample(3, seed=1, grey=True)
    noise = np.stack(
        [
            model.lattice.at(seed, window.origin, None, code)
            for seed, code in zip(seeds, codes(model, *seeds), strict=True)
        ]
    )
    with torch.inference_mode():
        together = values_before(model.form, model.grey(torch.from_numpy(noise)).numpy())
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.gpu
def test_a_gpu_gives_the_images_of_the_cpu_up_to_rounding(model):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    expected = model.sample(3, seed=2, grey=True)
    np.testing.assert_allclose(model.to("cuda").sample(3, seed=2, grey=True), expected, atol=1e-4)


def test_save_and_load_keep_every_bit(model, tmp_path):
    save_model(tmp_path / "model", model, preview=model.sample(3))
    loaded = load(tmp_path / "model")
    assert type(loaded) is type(model)
    assert loaded.card == model.card
    assert loaded.reference is None
    np.testing.assert_array_equal(loaded.sample(2, seed=9, grey=True), model.sample(2, seed=9, grey=True))


# --- windows of an endless image, for models that have them ---------------------------------------------------------


@pytest.fixture
def endless(model):
    if not model.any_size:
        pytest.skip("one size only")
    return model


def windows(model):
    axes = len(model.native_size)
    large = {"origin": (-21, 3, 5)[:axes], "size": (70, 45, 37)[:axes]}
    small = {"origin": (-10, 11, 8)[:axes], "size": (33, 20, 17)[:axes]}
    inside = tuple(
        slice(b - a, b - a + s) for a, b, s in zip(large["origin"], small["origin"], small["size"], strict=True)
    )
    return large, small, inside


def test_a_window_is_the_slice_of_a_larger_one(endless):
    large, small, inside = windows(endless)
    whole = endless.sample(1, seed=3, grey=True, **large)[0][inside]
    part = endless.sample(1, seed=3, grey=True, **small)[0]
    assert part.shape[: len(small["size"])] == small["size"]
    np.testing.assert_array_equal(part, whole)  # bit for bit: both are made of the same blocks
    np.testing.assert_array_equal(endless.sample(1, seed=3, **small)[0], decided(endless, whole))


def test_a_window_equals_one_pass_over_the_whole_lattice(endless):
    """The blocks hide nothing: their seams are not in the network's own output."""
    lattice, axes = endless.lattice, len(endless.native_size)
    cells = 5
    points = replace(lattice, block=(cells * lattice.cell,) * axes)
    noise = points.at(3, (lattice.cell,) * axes, None, codes(endless, 3)[0])
    with torch.inference_mode():
        expected = values_before(endless.form, endless.grey(torch.from_numpy(noise[None])).numpy())[0]
    window = {"size": cells * lattice.cell, "origin": lattice.cell}
    values = endless.sample(1, seed=3, grey=True, **window)[0]
    np.testing.assert_allclose(values, expected, atol=1e-5)
    if endless.form.dtype == np.uint8:
        in_order = np.sort(expected if endless.form.kind == "labels" else np.stack([expected, 1 - expected], -1), -1)
        sure = in_order[..., -1] - in_order[..., -2] > 2 * BORDERLINE
        np.testing.assert_array_equal(endless.sample(1, seed=3, **window)[0][sure], decided(endless, expected)[sure])


def test_periodic_samples_roll_and_tile(endless):
    axes = len(endless.native_size)
    size = tuple(endless.cell * number for number in (6, 3, 5)[:axes])
    tile = endless.sample(1, seed=4, size=size, periodic=True, grey=True)[0]
    moved = endless.sample(1, seed=4, size=size, periodic=True, grey=True, origin=(-7, 3, 1)[:axes])[0]
    np.testing.assert_array_equal(moved, np.roll(tile, (7, -3, -1)[:axes], tuple(range(axes))))
    # An image of twice the side on a lattice with the same period shows the tile 2**axes times: no seam at its border.
    window = Window((0,) * axes, tuple(2 * side for side in size), period=size)
    double = draw(endless.grey, endless.lattice, [4], window, form=endless.form, grey=True, device=endless.device,
                  codes=None if endless.card.condition is None else codes(endless, 4))[0]  # fmt: skip
    np.testing.assert_allclose(double, np.tile(tile, (*(2,) * axes, *(1,) * (tile.ndim - axes))), atol=1e-5)


def test_a_single_cell_can_be_periodic(endless):
    assert endless.sample(1, size=endless.cell, periodic=True).shape[1] == endless.cell


def test_memory_is_bounded_by_the_block(endless, monkeypatch):
    seen = []
    grey = endless.grey
    monkeypatch.setattr(endless, "grey", lambda noise: seen.append(noise.shape) or grey(noise))
    endless.sample(1, size=tuple(3 * side for side in endless.native_size))
    assert len(seen) == 3 ** len(endless.native_size)
    assert len(set(seen)) == 1


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "0 images were asked"),
        ({"n": -3}, "allowed: 1 or more"),
        ({"size": 0}, "1 pixel or more"),
        ({"size": -16}, "1 pixel or more"),
        ({"size": (8,)}, "has 1 numbers"),
        ({"origin": (1, 2, 3, 4)}, "has 4 numbers"),
        ({"condition": {"class": 1}}, "not conditional|names class; model .* can be asked for [a-z_]+ only"),
    ],
)
def test_bad_requests_are_one_sentence(model, options, words):
    with pytest.raises(RaysysError, match=words):
        model.sample(**({"n": 1} | options))


def test_periods_that_do_not_fit_the_lattice_are_refused(endless):
    with pytest.raises(RaysysError, match=f"multiple of its lattice cell of {endless.cell} pixels"):
        endless.sample(1, size=endless.cell * 3 + 1, periodic=True)


@pytest.mark.parametrize("options", [{"size": 64}, {"size": (32, 16)}, {"origin": 1}, {"periodic": True}])
def test_a_vector_model_says_which_size_it_makes(vector_gan, options):
    with pytest.raises(RaysysError, match="native size \\(32, 32\\) only"):
        vector_gan.sample(1, **options)
    assert vector_gan.cell is None
    assert vector_gan.sample(1, size=32, origin=0).shape == (1, 32, 32)


def test_images_beyond_memory_are_refused(lattice_gan):
    with pytest.raises(RaysysError, match="do not fit into memory"):
        lattice_gan.sample(1, size=2**30)


def test_importing_models_is_cheap():
    code = "import sys, raysys.models; print([m for m in ('mlflow', 'ray', 'numba', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
