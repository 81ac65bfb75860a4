"""ResNet-50 as torchvision has it, with its names of weights, so that its file is read as it is.

He et al. 2016 (CVPR), arXiv:1512.03385, table 1; the stride stands at the 3x3 convolution ("ResNet v1.5").
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.features.kernel_files import IMAGENET_MEAN, IMAGENET_STD, read_tensors

__all__ = ["CLASSES", "PARAMETERS", "ResNet50", "read_resnet50"]

CLASSES = 1000  # of ImageNet
PARAMETERS = 25_557_032
EXPANSION = 4  # channels that a block ends with over those of its 3x3 convolution
LAYERS = ((64, 3), (128, 4), (256, 6), (512, 3))  # channels and blocks


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        after = EXPANSION * channels
        self.conv1, self.bn1 = _convolution(before, channels, 1, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = _convolution(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = _convolution(channels, after, 1, 1), nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.downsample = nn.Sequential(_convolution(before, after, 1, stride), nn.BatchNorm2d(after))

    def forward(self, values: Tensor) -> Tensor:
        """(B, before, H, W) -> (B, 4 channels, H / stride, W / stride)."""
        found = self.relu(self.bn1(self.conv1(values)))
        found = self.relu(self.bn2(self.conv2(found)))
        summed: Tensor = self.relu(self.bn3(self.conv3(found)) + self.downsample(values))
        return summed


class ResNet50(nn.Module):
    """The network; in evaluation mode whatever it is told, since batch normalisation would follow what it sees."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64)
        self.relu, self.maxpool = nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)
        before, layers = 64, []
        for place, (channels, count) in enumerate(LAYERS):
            layers.append(_layer(before, channels, count, stride=1 if place == 0 else 2))
            before = EXPANSION * channels
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.fc = nn.Linear(before, CLASSES)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.train(False)

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1000) of images (B, 1 or 3, H, W) in [0, 1], and the features of four stages.

        The stages are those that the published editing compares: after the first ReLU, and of the first three layers.
        """
        values = (images.expand(-1, 3, -1, -1) - self.mean) / self.std
        stages = [self.relu(self.bn1(self.conv1(values)))]
        values = self.maxpool(stages[0])
        for layer in (self.layer1, self.layer2, self.layer3):
            values = layer(values)
            stages.append(values)
        logits: Tensor = self.fc(self.layer4(values).mean((2, 3)))
        return logits, stages

    def train(self, mode: bool = True) -> ResNet50:
        """Stay in evaluation mode."""
        return super().train(False)


def read_resnet50(path: Path) -> ResNet50:
    """The network with the weights of a file: torchvision's .pth, or the same names in .safetensors or .npz.

    Raises
    ------
    RaysysError
        If the file holds another network.
    """
    held = read_tensors(path)
    network = ResNet50()
    _check(path, held, network.state_dict())
    network.load_state_dict({name: value.float() if value.is_floating_point() else value
                             for name, value in held.items()}, strict=False)  # fmt: skip
    return network.requires_grad_(False)


def _check(path: Path, held: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    for name, value in wanted.items():
        if name.endswith("num_batches_tracked"):  # which older files lack
            continue
        if name not in held:
            raise RaysysError(f"{path}: holds no {name}; wanted: the weights of ResNet-50 under torchvision's names")
        if held[name].shape != value.shape:
            raise RaysysError(
                f"{path}: {name} has shape {tuple(held[name].shape)}; ResNet-50's is {tuple(value.shape)}"
            )
    if more := sorted(held.keys() - wanted.keys()):
        raise RaysysError(f"{path}: holds {more[0]}, which ResNet-50 lacks, as deeper networks have it")


def _convolution(before: int, after: int, side: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, side, stride=stride, padding=side // 2, bias=False)


def _layer(before: int, channels: int, count: int, *, stride: int) -> nn.Sequential:
    blocks = [Bottleneck(before, channels, stride)]
    blocks += [Bottleneck(EXPANSION * channels, channels, 1) for _ in range(count - 1)]
    return nn.Sequential(OrderedDict((str(place), block) for place, block in enumerate(blocks)))
