"""Style loss and VGG-19: shapes, invariances, every way in which weights arrive."""

import hashlib
import http.server
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from support.shared import DATA

from raysys.data.synthetic import discs
from raysys.errors import RaysysError
from raysys.features.layers import LAYERS, STYLE_LAYERS, channels_of
from raysys.features.vgg import Vgg19
from raysys.features.weights import pretrained
from raysys.losses import StyleLoss, gram_matrix

WEIGHTS = DATA / "weights" / "vgg19_normalized_conv_rgb_fp16.npz"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason="VGG-19's weights are not beside the repository")


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.from_numpy(discs((64, 64), radius=5, phase_fraction=0.3, seed=0, n=2)[:, None]).float()


def random_loss(**options) -> StyleLoss:
    return StyleLoss(Vgg19(pretrained(), STYLE_LAYERS, padding="circular"), **options)


def first_layers(count: int = 3) -> dict[str, np.ndarray]:
    """Small float32 weights of the first layers under the names of our own files."""
    generator, held = np.random.default_rng(0), {}
    for layer in LAYERS[:count]:
        before, after = channels_of(layer)
        held[f"{layer}.weight"] = generator.standard_normal((after, before, 3, 3), dtype=np.float32)
        held[f"{layer}.bias"] = generator.standard_normal(after, dtype=np.float32)
    return held


def test_features_have_the_published_shapes():
    """Simonyan and Zisserman 2015, table 1, column E, at 224 pixels."""
    with torch.no_grad():
        found = Vgg19(pretrained(), LAYERS)(torch.rand(1, 3, 224, 224))
    assert [name for name in LAYERS if name.startswith("conv5")] == ["conv5_1", "conv5_2", "conv5_3", "conv5_4"]
    for block, (channels, side) in enumerate(((64, 224), (128, 112), (256, 56), (512, 28), (512, 14)), start=1):
        shapes = {tuple(values.shape) for name, values in found.items() if name.startswith(f"conv{block}")}
        assert shapes == {(1, channels, side, side)}
    held = pretrained().layers
    assert sum(values.numel() for pair in held.values() for values in pair) == 20_024_384


def test_the_loss_of_an_image_with_itself_is_zero_and_each_image_stands_alone(images: torch.Tensor):
    loss = random_loss()
    assert loss(images, images).item() == 0
    swapped = images.flip(0)
    assert loss(images, swapped).item() > 0
    assert loss(images.repeat(2, 1, 1, 1), swapped.repeat(2, 1, 1, 1)).item() == pytest.approx(
        loss(images, swapped).item(), rel=1e-5
    )


def test_it_tolerates_shifts_and_minds_blur(images: torch.Tensor):
    loss = random_loss()
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(images, (2,) * 4, mode="circular"), 5, 1)
    # Whole cells of the two poolings: features move as the image does.
    assert loss(images.roll((16, 28), (2, 3)), images).item() < 1e-6 * loss(blurred, images).item()
    assert loss(images.roll((5, 7), (2, 3)), images).item() < 0.02 * loss(blurred, images).item()


def test_the_gradient_reaches_the_output_only(images: torch.Tensor):
    output, target = (images * 0.9).requires_grad_(), images.clone().requires_grad_()
    loss = random_loss()
    loss(output, target).backward()
    assert output.grad is not None
    assert output.grad.abs().sum() > 0
    assert target.grad is None
    assert not list(loss.parameters())
    assert not loss.state_dict()  # checkpoints never carry the weights


def test_gram_matrices_are_products_of_channels():
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    expected = torch.einsum("bchw,bdhw->bcd", features, features)
    torch.testing.assert_close(gram_matrix(features, "none"), expected)
    torch.testing.assert_close(gram_matrix(features), expected / 20)
    torch.testing.assert_close(gram_matrix(features, "elements"), expected / 60)
    assert gram_matrix(torch.full((1, 2, 64, 64), 200.0).half(), "none").isfinite().all()
    values = torch.rand(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gram_matrix, values)


def test_layers_are_weighted(images: torch.Tensor):
    other = images.flip(0)
    one, two = (random_loss(layer_weights=weights)(images, other) for weights in ({"conv1_1": 1}, {"conv2_1": 3}))
    both = random_loss(layer_weights={"conv1_1": 2, "conv2_1": 3})(images, other)
    assert both.item() == pytest.approx((2 * one + two).item(), rel=1e-5)


def test_random_weights_are_the_same_everywhere_and_say_what_they_are(images: torch.Tensor):
    loss, again = random_loss(), random_loss()
    assert loss(images, images.flip(0)).item() == again(images, images.flip(0)).item()
    assert loss.provenance["source"] == "random:0"
    assert loss.provenance["gram_normalisation"] == "positions"
    assert pretrained("random:3").provenance["source"] == "random:3"


def test_every_format_gives_the_same_kernels(tmp_path: Path):
    held = first_layers()
    tensors = {name: torch.from_numpy(values) for name, values in held.items()}
    np.savez(tmp_path / "a.npz", **held)
    from safetensors.torch import save_file

    save_file(tensors, tmp_path / "a.safetensors")
    places = dict(zip(LAYERS, (0, 2, 5), strict=False))
    torchvision = {f"features.{places[name[:7]]}{name[7:]}": values for name, values in tensors.items()}
    torch.save(torchvision, tmp_path / "a.pth")
    values = [held[f"{layer}.{kind}"] for layer in LAYERS[:3] for kind in ("weight", "bias")]
    values[0] = values[0][:, ::-1].copy()  # blue, green, red
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"param values": values}))
    for suffix in ("npz", "safetensors", "pth", "pkl"):
        kernels = pretrained(str(tmp_path / f"a.{suffix}"))
        assert tuple(kernels.layers) == LAYERS[:3]
        for layer, (kernel, bias) in kernels.layers.items():
            np.testing.assert_array_equal(kernel, held[f"{layer}.weight"])
            np.testing.assert_array_equal(bias, held[f"{layer}.bias"])
        assert kernels.scale == (1.0 if suffix == "pth" else 255.0)
    with pytest.raises(RaysysError, match="lack conv2_2, which conv2_2 needs"):
        Vgg19(kernels, STYLE_LAYERS)


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path):
    class Call:
        def __reduce__(self) -> tuple:
            return (print, ("executed",))

    path = tmp_path / "bad.pkl"
    path.write_bytes(pickle.dumps({"param values": [Call()]}))
    with pytest.raises(RaysysError, match="no array"):
        pretrained(str(path))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Weights at an address of this machine, and their checksum."""
    np.savez(tmp_path / "vgg.npz", **first_layers())
    handler = type(
        "Quiet",
        (http.server.SimpleHTTPRequestHandler,),
        {
            "log_message": lambda *_: None,
            "__init__": lambda self, *a, **k: http.server.SimpleHTTPRequestHandler.__init__(
                self, *a, directory=str(tmp_path), **k
            ),
        },
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        checksum = hashlib.sha256((tmp_path / "vgg.npz").read_bytes()).hexdigest()
        yield f"http://127.0.0.1:{server.server_port}/vgg.npz", checksum
        server.shutdown()


def test_an_address_is_fetched_once_and_checked(address: tuple[str, str], tmp_path: Path):
    url, checksum = address
    cache = tmp_path / "cache"
    found = pretrained(url, sha256=checksum[:8], cache=cache)
    assert found.provenance == {"source": url, "sha256": checksum}
    assert [file.name for file in cache.iterdir()] == ["vgg.npz"]
    (tmp_path / "vgg.npz").unlink()
    assert pretrained(url, sha256=checksum, cache=cache).provenance["sha256"] == checksum


def test_a_wrong_checksum_is_never_passed_over(address: tuple[str, str], tmp_path: Path):
    url, _ = address
    with pytest.raises(RaysysError, match="its SHA-256 is"):
        pretrained([url, "random"], sha256="0" * 64, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
    with pytest.raises(RaysysError, match="need their checksum"):
        pretrained([url, "random"], cache=tmp_path)
    with pytest.raises(RaysysError, match="too short"):
        pretrained(url, sha256="00", cache=tmp_path / "cache")


def test_what_did_not_serve_is_recorded(tmp_path: Path):
    sources = ["package:no_such_package/a.npz", str(tmp_path / "absent.npz"), "http://127.0.0.1:9/vgg.npz", "random"]
    found = pretrained(sources, sha256="0" * 8, cache=tmp_path)
    assert found.provenance["source"] == "random:0"
    reasons = found.provenance["passed_over"]
    assert [any(word in reason for word in ("not installed", "no file", "cannot be read")) for reason in reasons] == [
        True
    ] * 3
    with pytest.raises(RaysysError, match=r"not installed.*'random' needs no file"):
        pretrained(sources[:1])


def test_a_package_that_is_installed_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "carrier"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    np.savez(package / "vgg.npz", **first_layers())
    monkeypatch.syspath_prepend(tmp_path)
    assert tuple(pretrained("package:carrier/vgg.npz").layers) == LAYERS[:3]
    with pytest.raises(RaysysError, match="say which file"):
        pretrained("package:carrier")


@needs_weights
def test_real_weights_give_the_measured_sizes():
    """Blur of two pixels: 0.05 to 0.72 by C H W, 330 to 3100 by H W; a shift below 8e-6, a reflection below 4e-5."""
    from scipy.ndimage import gaussian_filter

    image = discs((256, 256), radius=8, phase_fraction=0.3, seed=0)[0].astype(np.float32)
    target, blurred = (torch.from_numpy(one)[None, None] for one in (image, gaussian_filter(image, 2, mode="wrap")))
    features = Vgg19(pretrained(str(WEIGHTS)), STYLE_LAYERS, padding="circular")
    loss = StyleLoss(features, normalisation="elements")
    assert 0.05 < loss(blurred, target).item() < 0.72
    assert loss(target.roll((37, 80), (2, 3)), target).item() < 8e-6
    assert loss(target.flip(2, 3), target).item() < 4e-5
    assert 330 < StyleLoss(features)(blurred, target).item() < 3100
    assert loss.provenance["source"] == str(WEIGHTS)


@needs_weights
def test_real_weights_are_normalised_vgg():
    """Mean activations after each ReLU are of order one, unlike those of the network as it was trained."""
    kernels = pretrained(str(WEIGHTS))
    assert tuple(kernels.layers) == LAYERS
    from skimage import data

    photograph = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        found = Vgg19(kernels, STYLE_LAYERS, tap="relu")(photograph[..., :256, :256])
    assert all(0.1 < values.mean() < 10 for values in found.values())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Vgg19(pretrained(), ["conv9_9"]), "no layer of VGG-19"),
        (lambda: Vgg19(pretrained(), []), "no layer of VGG-19 was named"),
        (lambda: Vgg19(pretrained(), ["conv1_1"], tap="pool"), "tap is 'pool'"),
        (lambda: Vgg19(pretrained(), ["conv1_1"])(torch.rand(1, 2, 8, 8)), "VGG-19 sees"),
        (lambda: random_loss(normalisation="C"), "normalisation is 'C'"),
        (lambda: random_loss(layer_weights={"conv5_1": 1})(torch.rand(1, 1, 8, 8), torch.rand(1, 1, 8, 8)), "conv5_1"),
    ],
)
def test_mistakes_are_told(call, words: str):
    with pytest.raises(RaysysError, match=words):
        call()
