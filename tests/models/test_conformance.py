"""What every sampling model keeps to."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.models import load, save_model
from raysys.models.condition import asked_values
from raysys.models.sampling import Window, beside, draw

BORDERLINE = 1e-4  # of the values around the threshold, where rounding may decide


def asked(model, n=1):
    """What a conditional model is asked for where nothing is said."""
    return asked_values(None, model.card.condition, n, model=model.name)


def with_asked(model, noise):
    return noise if asked(model) is None else beside(noise, asked(model, len(noise)))


def test_samples_are_binary_images_of_the_native_size(model):
    images = model.sample(3, seed=1)
    assert images.shape == (3, *model.native_size)
    assert images.dtype == np.uint8
    assert set(np.unique(images)) == {0, 1}
    assert not np.array_equal(images[0], images[1])


def test_binary_images_are_grey_ones_above_one_half(model):
    grey = model.sample(2, seed=1, grey=True)
    assert grey.dtype == np.float32
    assert grey.min() >= 0
    assert grey.max() <= 1
    assert grey.std() > 0.02
    np.testing.assert_array_equal(model.sample(2, seed=1), grey > 0.5)


def test_models_of_grey_images_return_grey_ones(model):
    kind = model.card.images.model_copy(update={"kind": "grey"})
    grey = type(model)(model.card.model_copy(update={"images": kind}), model.network)
    np.testing.assert_array_equal(grey.sample(1), model.sample(1, grey=True))


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


def test_batches_of_an_accelerator_give_the_same_images_up_to_rounding(model, monkeypatch):
    """The path of a GPU: several blocks in one pass."""
    window = Window((0,) * len(model.native_size), model.native_size)
    alone = draw(model.grey, model.lattice, [1, 2, 3], window, binary=False, device=torch.device("cpu"),
                 conditions=asked(model, 3))  # fmt: skip
    noise = np.stack([model.lattice.noise(seed, window.origin, None) for seed in (1, 2, 3)])
    with torch.inference_mode():
        together = model.grey(torch.from_numpy(with_asked(model, noise)))[:, 0].numpy()
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
    assert part.shape == small["size"]
    np.testing.assert_array_equal(part, whole)  # bit for bit: both are made of the same blocks
    np.testing.assert_array_equal(endless.sample(1, seed=3, **small)[0], whole > 0.5)


def test_a_window_equals_one_pass_over_the_whole_lattice(endless):
    """The blocks hide nothing: their seams are not in the network's own output."""
    lattice, axes = endless.lattice, len(endless.native_size)
    cells = 5
    points = endless.lattice.__class__(lattice.channels, lattice.cell, lattice.halo, (cells * lattice.cell,) * axes)
    noise = points.noise(3, (lattice.cell,) * axes, None)
    with torch.inference_mode():
        expected = endless.grey(torch.from_numpy(with_asked(endless, noise[None])))[0, 0].numpy()
    window = {"size": cells * lattice.cell, "origin": lattice.cell}
    grey = endless.sample(1, seed=3, grey=True, **window)[0]
    np.testing.assert_allclose(grey, expected, atol=1e-5)
    sure = np.abs(expected - 0.5) > BORDERLINE
    np.testing.assert_array_equal(endless.sample(1, seed=3, **window)[0][sure], (expected > 0.5)[sure])


def test_periodic_samples_roll_and_tile(endless):
    axes = len(endless.native_size)
    size = tuple(endless.cell * number for number in (6, 3, 5)[:axes])
    tile = endless.sample(1, seed=4, size=size, periodic=True, grey=True)[0]
    moved = endless.sample(1, seed=4, size=size, periodic=True, grey=True, origin=(-7, 3, 1)[:axes])[0]
    np.testing.assert_array_equal(moved, np.roll(tile, (7, -3, -1)[:axes], range(axes)))
    # An image of twice the side on a lattice with the same period shows the tile 2**axes times: no seam at its border.
    window = Window((0,) * axes, tuple(2 * side for side in size), period=size)
    double = draw(endless.grey, endless.lattice, [4], window, binary=False, device=endless.device,
                  conditions=asked(endless))[0]  # fmt: skip
    np.testing.assert_allclose(double, np.tile(tile, (2,) * axes), atol=1e-5)


def test_a_single_cell_can_be_periodic(endless):
    assert endless.sample(1, size=endless.cell, periodic=True).shape[1] == endless.cell


def test_memory_is_bounded_by_the_block(endless, monkeypatch):
    seen = []
    grey = endless.grey
    monkeypatch.setattr(endless, "grey", lambda noise: seen.append(noise.shape) or grey(noise))
    endless.sample(1, size=3 * endless.native_size[0])
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
        ({"condition": {"class": 1}}, "not conditional|names class; .* phase_fraction only"),
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
