"""A convolutional network that tells classes of images in [0, 1] apart, and whose features say how they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.methods.autoencoder.network import CONV, Padding

TAPPED = 2  # convolutions of a level


class Classifier(nn.Module):
    """Levels of two 3x3 convolutions with batch normalisation and ReLU, halved in between; their mean is classified.

    The mean is taken over the whole image, so that any size works that is not halved away. With circular padding, a
    shift of the image by `2**(depth - 1)` pixels changes nothing.

    Parameters
    ----------
    size
        Side of the training images in pixels.
    classes
        Their names, two or more.
    depth
        Levels; there is a halving less.
    width
        Channels of the first level, doubled at each further one.
    dropout
        Share of the mean features that is left out in training.
    padding
        "circular" for periodic images, "zeros" for others.
    channels
        Channels of the images.

    Attributes
    ----------
    layers
        Names of the convolutions: conv1_1, conv1_2, conv2_1, ...

    Raises
    ------
    RaysysError
        If `size` does not fit `depth`, classes are fewer than two or named twice, or the padding is unknown.
    """

    def __init__(
        self,
        size: int,
        *,
        classes: Sequence[str],
        depth: int = 4,
        width: int = 16,
        dropout: float = 0.0,
        padding: Padding = "circular",
        channels: int = 1,
    ) -> None:
        super().__init__()
        _check(size, classes, depth, padding)
        self.size, self.depth, self.channels, self.classes = size, depth, channels, tuple(classes)
        self.hyperparameters: dict[str, Any] = {
            "size": size,
            "classes": list(classes),
            "depth": depth,
            "width": width,
            "dropout": dropout,
            "padding": padding,
            "channels": channels,
        }
        self.smallest = 2 ** (depth - 1)
        self.blocks = nn.ModuleDict(_blocks([width * 2**level for level in range(depth)], channels, padding))
        self.layers = tuple(self.blocks)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width * self.smallest, len(self.classes))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, classes) of images (N, channels, H, W) in [0, 1]."""
        values = images
        for _, features in self._passed(images):
            values = features
        logits: Tensor = self.head(self.dropout(values.mean((2, 3))))
        return logits

    def features(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features {layer: (N, C, H / 2**level, W / 2**level)} after ReLU; nothing deeper is computed."""
        found = {}
        for name, features in self._passed(images):
            if name in layers:
                found[name] = features
            if len(found) == len(layers):
                break
        return found

    def _passed(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Layer by layer."""
        if min(images.shape[2:]) < self.smallest:
            raise RaysysError(
                f"images of {tuple(images.shape[2:])} pixels are too small for a classifier of {self.depth} levels; "
                f"allowed: {self.smallest} pixels a side and more"
            )
        values = images
        for place, (name, block) in enumerate(self.blocks.items()):
            if place and place % TAPPED == 0:
                values = functional.avg_pool2d(values, 2)
            values = block(values)
            yield name, values


def _check(size: int, classes: Sequence[str], depth: int, padding: str) -> None:
    if not 1 <= depth <= size.bit_length():
        raise RaysysError(f"{size} pixels cannot be halved {depth - 1} times; allowed: 2**(depth - 1) pixels and more")
    if len(classes) < 2 or len(set(classes)) != len(classes):
        raise RaysysError(f"the classes are {', '.join(classes) or 'none'}; allowed: two or more different names")
    if padding not in ("circular", "zeros"):
        raise RaysysError(f"padding is {padding!r}; allowed: 'circular' or 'zeros'")


def _blocks(widths: list[int], channels: int, padding: str) -> dict[str, nn.Module]:
    blocks: dict[str, nn.Module] = {}
    for level, out in enumerate(widths, 1):
        for place in range(1, TAPPED + 1):
            # The normalisation has an offset of its own.
            convolution = CONV[2](channels, out, 3, padding=1, padding_mode=padding, bias=False)
            blocks[f"conv{level}_{place}"] = nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())
            channels = out
    return blocks
