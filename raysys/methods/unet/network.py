"""The U-Net: which class every pixel of a grey image is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.grey_levels import GreyScale


class UNet(nn.Module):
    """Levels of two 3x3 convolutions, halved in between, and back up again beside what each level saw on the way down.

    Ronneberger, Fischer and Brox 2015, Figure 1, with three changes: borders are padded, so that labels are of the
    image's size; convolutions are batch-normalised; the way up repeats pixels instead of transposing a convolution,
    which leaves no checkerboard (Odena, Dumoulin and Olah 2016). In evaluation a pixel's logits depend on the pixels
    within `reach` of it alone, and shifting an image by `cell` pixels shifts them.

    Parameters
    ----------
    size
        Side of the training tiles in pixels, a multiple of `2**depth`; any other multiple works too.
    classes
        Names of the classes, two or more.
    depth
        Number of halvings.
    width
        Channels of the first level, doubled at each further one (published: 64).
    grey
        What becomes black and white in an image, see `raysys.grey_levels`; the network itself takes [-1, 1].
    channels
        Channels of the images.

    Raises
    ------
    RaysysError
        If `size` does not fit `depth`, or classes are fewer than two or named twice.
    """

    def __init__(
        self,
        size: int,
        *,
        classes: Sequence[str],
        depth: int = 3,
        width: int = 16,
        grey: GreyScale = "percentiles",
        channels: int = 1,
    ) -> None:
        super().__init__()
        _check(size, classes, depth, grey)
        self.size, self.depth, self.channels, self.cell = size, depth, channels, 2**depth
        self.classes, self.grey = tuple(classes), grey
        self.hyperparameters: dict[str, Any] = {
            "size": size,
            "classes": list(classes),
            "depth": depth,
            "width": width,
            "grey": grey,
            "channels": channels,
        }
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(
            _block(before, after) for before, after in zip([channels, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(_block(3 * each, each) for each in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, len(self.classes), 1)

    @property
    def reach(self) -> int:
        """Pixels from which a pixel's logits depend on others: 4 a level down and up, 2 in the middle, 1 a halving."""
        return 5 * (self.cell - 1) + 2 * self.cell

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, classes, H, W) of images (N, channels, H, W) in [-1, 1], sides multiples of `cell`."""
        if any(side % self.cell for side in images.shape[2:]):
            raise RaysysError(
                f"images of {tuple(images.shape[2:])} pixels cannot be halved {self.depth} times; "
                f"allowed: sides that are multiples of {self.cell}"
            )
        seen: list[Tensor] = []
        values = images
        for level, block in enumerate(self.down):
            values = block(functional.max_pool2d(values, 2) if level else values)
            seen.append(values)
        for block, beside in zip(self.up, reversed(seen[:-1]), strict=True):
            values = block(torch.cat([functional.interpolate(values, scale_factor=2.0), beside], 1))
        logits: Tensor = self.head(values)
        return logits


def _check(size: int, classes: Sequence[str], depth: int, grey: str) -> None:
    if not 1 <= depth < size.bit_length() or size % 2**depth:
        raise RaysysError(
            f"{size} pixels cannot be halved {depth} times; allowed: depth 1 or more, size a multiple of 2**depth"
        )
    if len(classes) < 2 or len(set(classes)) != len(classes):
        raise RaysysError(f"the classes are {', '.join(classes) or 'none'}; allowed: two or more different names")
    if grey not in ("percentiles", "stored"):
        raise RaysysError(f"grey is {grey!r}; allowed: 'percentiles' or 'stored'")


def _block(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        # The normalisation has an offset of its own.
        convolution = nn.Conv2d(channels, after, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers += [convolution, nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)
