"""ResNet-50 as torchvision has it, read from a file of it; and classifiers of our own in its place."""

from pathlib import Path

import pytest
import torch
from support.serving import save_untrained_classifier
from torch import Tensor
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.features import recogniser
from raysys.features.recognition import RESNET50, VARIABLE
from raysys.features.resnet import PARAMETERS, ResNet50, read_resnet50


@pytest.fixture(scope="module")
def network() -> ResNet50:
    """With random weights, also those of the normalisations."""
    generator, made = torch.Generator().manual_seed(0), ResNet50()
    with torch.no_grad():
        for name, value in made.state_dict().items():
            if value.is_floating_point() and value.ndim == 1:
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=generator) * (2 / value[0].numel()) ** 0.5)
            assert name in made.state_dict()
    return made


@pytest.fixture(scope="module")
def saved(network: ResNet50, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("resnet") / "resnet50.pth"
    torch.save({name: _half(value) for name, value in network.state_dict().items()}, path)
    return path


def _half(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() else value


def test_it_has_as_many_parameters_and_names_as_torchvisions(network: ResNet50):
    assert sum(one.numel() for one in network.parameters()) == PARAMETERS == 25_557_032
    names = network.state_dict()
    # 161 weights; means, variances and counts of 53 normalisations.
    assert len(names) == 161 + 3 * 53
    for name, shape in (
        ("conv1.weight", (64, 3, 7, 7)),
        ("layer1.0.downsample.0.weight", (256, 64, 1, 1)),
        ("layer2.0.conv2.weight", (128, 128, 3, 3)),
        ("layer3.5.bn3.running_var", (1024,)),
        ("layer4.2.conv3.weight", (2048, 512, 1, 1)),
        ("fc.weight", (1000, 2048)),
    ):
        assert tuple(names[name].shape) == shape
    assert "layer1.1.downsample.0.weight" not in names


def test_stages_of_224_pixels_are_those_of_the_paper(network: ResNet50):
    with torch.inference_mode():
        logits, stages = network(torch.rand(1, 3, 224, 224))
    assert logits.shape == (1, 1000)
    assert [tuple(one.shape[1:]) for one in stages] == [(64, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14)]


def test_it_computes_what_a_plain_walk_over_the_weights_does(network: ResNet50):
    """He et al. 2016, figure 5 right and table 1, from the names alone."""
    images = torch.rand(2, 3, 40, 48, generator=torch.Generator().manual_seed(1))
    held = network.state_dict()

    def normalised(values: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            held[f"{name}.{kind}"].view(1, -1, 1, 1) for kind in ("running_mean", "running_var", "weight", "bias")
        )
        return (values - mean) / torch.sqrt(variance + 1e-5) * weight + bias

    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    values = (images - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    values = normalised(functional.conv2d(values, held["conv1.weight"], stride=2, padding=3), "bn1").relu()
    expected = [values]
    values = functional.max_pool2d(values, 3, 2, 1)
    for layer, count in enumerate((3, 4, 6, 3), 1):
        for block in range(count):
            at, stride, before = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1, values
            values = normalised(functional.conv2d(values, held[f"{at}.conv1.weight"]), f"{at}.bn1").relu()
            values = functional.conv2d(values, held[f"{at}.conv2.weight"], stride=stride, padding=1)
            values = functional.conv2d(normalised(values, f"{at}.bn2").relu(), held[f"{at}.conv3.weight"])
            values = normalised(values, f"{at}.bn3")
            if block == 0:
                before = functional.conv2d(before, held[f"{at}.downsample.0.weight"], stride=stride)
                before = normalised(before, f"{at}.downsample.1")
            values = (values + before).relu()
        expected.append(values)
    logits = values.mean((2, 3)) @ held["fc.weight"].T + held["fc.bias"]
    with torch.inference_mode():
        found, stages = network.train()(images)  # which stays in evaluation
    torch.testing.assert_close(found, logits, rtol=1e-3, atol=1e-3 * logits.abs().max().item())
    for one, other in zip(stages, expected[:4], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3 * other.abs().max().item())


def test_a_file_is_read_and_named(network: ResNet50, saved: Path):
    found, sentence = recogniser(str(saved))
    assert sentence == ""
    assert found is not None
    assert found.is_resnet50
    assert found.provenance["source"] == str(saved)
    assert len(str(found.provenance["sha256"])) == 64
    assert torch.equal(found.network.state_dict()["fc.weight"], network.state_dict()["fc.weight"].half().float())
    assert not any(one.requires_grad for one in found.network.parameters())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda held: held.pop("fc.bias"), "holds no fc.bias; wanted: the weights of ResNet-50"),
        (lambda held: held.update({"fc.bias": torch.zeros(7)}), r"fc.bias has shape \(7,\); ResNet-50's is \(1000,\)"),
        (lambda held: held.update({"layer3.6.conv1.weight": torch.zeros(1)}), "layer3.6.conv1.weight, which ResNet-50"),
    ],
)
def test_another_network_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch, change, sentence: str):
    held = torch.load(saved, weights_only=True, mmap=True)
    change(held)
    monkeypatch.setattr("raysys.features.resnet.read_tensors", lambda path: held)
    with pytest.raises(RaysysError, match=sentence):
        read_resnet50(saved)


def test_where_nothing_is_at_hand_a_sentence_says_what_would_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path))
    found, sentence = recogniser()
    assert found is None
    assert RESNET50 == ("https://download.pytorch.org/models/resnet50-0676ba61.pth", "0676ba61")
    assert f"there is no file {tmp_path / 'resnet50-0676ba61.pth'}" in sentence
    assert "--classifier torchvision (a download of 98 MB)" in sentence
    monkeypatch.setenv(VARIABLE, "mine.pth")
    assert "mine.pth: there is no file mine.pth" in recogniser()[1]
    with pytest.raises(RaysysError, match=r"absent.npz: there is no file absent.npz"):
        recogniser("absent.npz")


def test_a_classifier_of_ours_serves_in_its_place(tmp_path: Path):
    folder = save_untrained_classifier(tmp_path, "ours")
    found, _ = recogniser(str(folder))
    assert found is not None
    assert not found.is_resnet50
    grey = torch.rand(1, 1, 32, 24)
    logits, stages = found(grey)
    assert logits.shape == (1, len(found.classes))
    assert [one.shape[2] for one in stages] == [32 >> level for level in range(len(stages))]
    # Colours are seen by their luminance, which of a grey image is its own.
    torch.testing.assert_close(found(grey.expand(-1, 3, -1, -1))[0], logits)
    assert found.name_of(0) == found.classes[0]
    assert str(found.provenance["source"]).startswith("classifier:")
