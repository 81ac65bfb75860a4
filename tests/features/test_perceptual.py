"""LPIPS is called so only with the published weights; any others make a patch distance that names them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.shared import shared

from raysys.errors import RaysysError
from raysys.features import Vgg16, Vgg19, linear_weights, perceptual, perceptual_distance, pretrained
from raysys.features.layers import NETWORKS, channels_of, layers_of
from raysys.features.perceptual import LinearWeights, PatchDistance
from raysys.features.vgg import Kernels
from raysys.features.weights import PUBLISHED, random_kernels

CHANNELS = (64, 128, 256, 512, 512)


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("RAYSYS_VGG16", "RAYSYS_VGG19"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))


def linear_file(path: Path, sizes: tuple[int, ...] = CHANNELS, low: float = 0.0) -> Path:
    random = torch.Generator().manual_seed(2)
    held = {f"lin{i}.model.1.weight": torch.rand(1, n, 1, 1, generator=random) + low for i, n in enumerate(sizes)}
    torch.save(held, path)
    return path


def named(network: str, sha256: str) -> Kernels:
    """One channel to a layer, from a file of that checksum."""
    layers = {
        layer: (torch.ones(1, 1 if place else 3, 3, 3), torch.zeros(1))
        for place, layer in enumerate(layers_of(network))
    }
    return Kernels(layers, (0.5,) * 3, (0.5,) * 3, 1.0, {"source": "file.pth", "sha256": sha256}, network)


def test_vgg16_has_thirteen_convolutions_in_torchvisions_places(tmp_path: Path):
    assert NETWORKS["vgg16"] == (2, 2, 3, 3, 3)
    # torchvision's vgg16().features: convolutions at these places.
    places = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    held = {}
    for place, layer in zip(places, layers_of("vgg16"), strict=True):
        before, after = channels_of(layer)
        held[f"features.{place}.weight"] = torch.full((after, before, 3, 3), float(place))
        held[f"features.{place}.bias"] = torch.zeros(after)
    torch.save(held, tmp_path / "vgg16.pth")
    found = pretrained(str(tmp_path / "vgg16.pth"), network="vgg16")
    assert [float(kernel[0, 0, 0, 0]) for kernel, _ in found.layers.values()] == list(places)
    assert (found.network, found.mean) == ("vgg16", (0.485, 0.456, 0.406))


def test_one_network_is_not_taken_for_the_other(tmp_path: Path):
    held = {}
    for layer in layers_of("vgg19"):
        before, after = channels_of(layer)
        held |= {f"{layer}.weight": np.zeros((after, before, 3, 3), np.float16), f"{layer}.bias": np.zeros(after)}
    np.savez(tmp_path / "vgg19.npz", **held)
    with pytest.raises(RaysysError, match="holds another network than VGG-16"):
        pretrained(str(tmp_path / "vgg19.npz"), network="vgg16")
    with pytest.raises(RaysysError, match="the weights given are VGG-16's; wanted: VGG-19's"):
        Vgg19(random_kernels(0, "vgg16"), ["conv1_1"])
    with pytest.raises(RaysysError, match="'conv3_4' is no layer of VGG-16"):
        Vgg16(random_kernels(0, "vgg16"), ["conv3_4"])


def test_only_torchvisions_network_with_the_published_linear_weights_is_lpips():
    published = LinearWeights({}, "package:lpips", perceptual.LINEAR_SHA256)
    torchvision = PUBLISHED["vgg16"][1] + "0" * 56
    assert PatchDistance(named("vgg16", torchvision), published).name == "LPIPS"
    others = (
        (named("vgg16", "1" * 64), published),
        (named("vgg16", torchvision), LinearWeights()),
        (named("vgg16", torchvision), LinearWeights({}, "mine.pth", "2" * 64)),
        (named("vgg19", torchvision), published),
    )
    assert [PatchDistance(*one).name for one in others] == ["patch distance"] * 4


def test_every_distance_names_its_weights(tmp_path: Path):
    found, notice = perceptual_distance("random", str(linear_file(tmp_path / "mine.pth")))
    assert found.name == "patch distance"
    assert found.weights.startswith("VGG-16 of random:0; linear weights of mine.pth (SHA-256 ")
    assert notice.startswith(
        "distances are no LPIPS, for want of torchvision's VGG-16 and the published linear weights: VGG"
    )
    plain, notice = perceptual_distance("random", "unit")
    assert plain.weights == "VGG-16 of random:0; all channels count the same"
    assert "all channels count the same" in notice


def test_without_weights_there_is_no_distance_and_it_is_said():
    found, notice = perceptual_distance()
    assert found is None
    assert "RAYSYS_VGG16" in notice
    assert "--weights torchvision (a download of 528 MB)" in notice
    with pytest.raises(RaysysError, match="VGG-16's weights were not found"):
        perceptual_distance("nowhere.npz")


def test_vgg19_serves_where_there_is_no_vgg16_without_the_linear_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RAYSYS_VGG19", "random:3")
    found, notice = perceptual_distance(linear=str(linear_file(tmp_path / "mine.pth")))
    assert found.weights == "VGG-19 of random:3; all channels count the same"
    assert found.vectors(torch.rand(1, 3, 16, 16)).shape == (1, found.length(16))
    assert "distances are no LPIPS" in notice


def test_linear_weights_are_read_from_a_package_that_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "lpips" / "weights" / "v0.1"
    folder.mkdir(parents=True)
    (tmp_path / "lpips" / "__init__.py").write_text("raise RuntimeError('imported')")
    linear_file(folder / "vgg.pth")
    monkeypatch.syspath_prepend(tmp_path)
    held, reason = linear_weights()
    assert (held.source, reason, held.published) == ("package:lpips", "", False)
    assert [len(one) for one in held.layers.values()] == list(CHANNELS)


@pytest.mark.parametrize(
    ("sizes", "low", "words"),
    [((64, 128), 0.0, "holds no lin2.model.1.weight"), ((64, 99, 256, 512, 512), 0.0, "allowed: 128 weights"),
     (CHANNELS, -1.0, "none below 0")],
)  # fmt: skip
def test_a_file_of_other_weights_is_refused(tmp_path: Path, sizes: tuple[int, ...], low: float, words: str):
    with pytest.raises(RaysysError, match=words):
        linear_weights(str(linear_file(tmp_path / "other.pth", sizes, low)))


def test_nothing_in_a_file_of_weights_is_executed(tmp_path: Path):
    torch.save({"lin0.model.1.weight": Path("here")}, tmp_path / "bad.pth")
    with pytest.raises(RaysysError, match=r"bad.pth: cannot be read as weights"):
        linear_weights(str(tmp_path / "bad.pth"))


def test_a_vector_is_as_long_as_its_features():
    distance = PatchDistance(random_kernels(0, "vgg16"), LinearWeights())
    for side in (16, 33):
        assert distance.vectors(torch.rand(1, 3, side, side)).shape == (1, distance.length(side))


def test_pixels_are_seen_as_the_published_network_sees_them():
    """The published code takes (x - shift) / scale of x in [-1, 1] (lpips 0.1.4): torchvision's mean and std."""
    x = torch.linspace(0, 1, 7)
    for mean, std, shift, scale in zip(
        (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450), strict=True
    ):
        assert torch.allclose((x - mean) / std, ((2 * x - 1) - shift) / scale, atol=1e-5)


def test_the_shared_network_tells_blur_from_sharpness():
    """Oxford's own VGG-16: a patch is further from its blurred self than from its shift by a pixel."""
    file = shared("weights/vgg16_imagenet_conv_rgb_fp16.npz")
    distance, _ = perceptual_distance(str(file), "unit")
    assert distance.weights.startswith("VGG-16 of vgg16_imagenet_conv_rgb_fp16.npz (SHA-256 e95b2fc2)")
    noise = torch.nn.functional.avg_pool2d(torch.rand(1, 3, 52, 52, generator=torch.Generator().manual_seed(0)), 3, 1)
    sharp, shifted = noise[..., 1:49, 1:49], noise[..., 1:49, 2:50]
    blurred = torch.nn.functional.avg_pool2d(noise[..., :50, :50], 5, 1, padding=2)[..., 1:49, 1:49]
    one, other, third = (distance.vectors(each) for each in (sharp, shifted, blurred))
    assert (one - third).square().sum() > 2 * (one - other).square().sum()
