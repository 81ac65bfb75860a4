"""The three critics: of images, of pairs of images, and of codes (Tables 6 to 8 and 13 to 15)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from raysys.methods.multi_texture.layers import (
    OF_VOLUMES,
    SLOPE,
    halving,
    initialise,
    normed,
    scaled,
    widths,
    without_padding,
)

TABLE = 2**24  # values of a table of pairs that are held at once; more are computed part by part, and once more back


def trunk(dims: int, channels: int, sides: list[int], last: int) -> nn.Sequential:
    """Convolutions that halve an image, with leaky ReLUs in between, and a last one."""
    layers: list[nn.Module] = []
    for after in sides:
        layers += [halving(dims, channels, after), nn.LeakyReLU(SLOPE[dims])]
        channels = after
    layers.append(halving(dims, channels, last) if dims == 2 else without_padding(channels, last))
    return nn.Sequential(*layers)


class ImageCritic(nn.Module):
    """Images to a map of logits, high where they look real; parameters as of `networks.MultiTexture`."""

    def __init__(self, dims: int, channels: int, *, width: int, levels: int, spectral: bool = True) -> None:
        super().__init__()
        self.layers = trunk(dims, channels, widths(levels - (dims == 2), width), 1)
        initialise(self)
        normed(self, spectral)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, *spatial) to (B, 1, *map)."""
        logits: Tensor = self.layers(images)
        return logits


class PairCritic(nn.Module):
    """Two images to logits, high where they look like pieces of one texture.

    Features at all places of one image are multiplied with those of the other, channel by channel, and a small network
    looks at each product; a place of an image is judged by the mean over all places of the other. So it is symmetric,
    and the images may differ in size. In space the table has 343 x 343 products; `places` of each image, drawn anew in
    each step, will do in its stead.
    """

    def __init__(self, dims: int, channels: int, *, width: int, levels: int, spectral: bool = True) -> None:
        super().__init__()
        flat = dims == 2
        sides = widths(levels - 1, width) if flat else [scaled(one, width) for one in OF_VOLUMES[:levels]]
        features = scaled(96 if flat else 128, width)
        hidden = [scaled(one, width) for one in ((48,) if flat else (128, 64))]
        self.slope = SLOPE[dims]
        self.features = trunk(dims, channels, sides, features)
        self.pairs = nn.ModuleList(
            nn.Linear(before, after) for before, after in zip([features, *hidden], [*hidden, 1], strict=True)
        )
        initialise(self)
        normed(self, spectral)

    def table(self, one: Tensor, other: Tensor) -> Tensor:
        """Logits (B, P, Q) of features (B, F, P) and (B, F, Q)."""
        first, *rest = [(layer.weight, layer.bias) for layer in self.pairs]
        return self._table(one, other, first, rest)

    def _table(self, one: Tensor, other: Tensor, first: tuple[Tensor, Tensor], rest: list) -> Tensor:
        # The first layer of products is a bilinear form for each of its channels: the products are never held.
        weighted = torch.einsum("bfp,hf->bhpf", one, first[0])
        values = weighted.flatten(1, 2) @ other
        values = values.unflatten(1, weighted.shape[1:3]).movedim(1, 3) + first[1]  # (B, P, Q, hidden)
        for weight, bias in rest:
            values = nn.functional.linear(nn.functional.leaky_relu(values, self.slope), weight, bias)
        return values[..., 0]

    def forward(
        self, one: Tensor, other: Tensor, places: tuple[Tensor, Tensor] | None = None, *, most: int = TABLE
    ) -> Tensor:
        """Logits (B, P + Q), first the places of one image and then of the other; row-major in each.

        Parameters
        ----------
        one, other
            Images (B, C, *spatial).
        places
            int64 (P,) and (Q,), which places of the maps are looked at; all by default.
        most
            Values of the table that are held at once.
        """
        seen = [self.features(images).flatten(2) for images in (one, other)]
        if places is not None:
            seen = [each[:, :, chosen] for each, chosen in zip(seen, places, strict=True)]
        # Read once: under spectral normalisation each look at a weight is a step of its power iteration.
        first, *rest = [(layer.weight, layer.bias) for layer in self.pairs]
        left, right = seen
        rows = max(1, most // (len(left) * right.shape[2] * len(first[1])))
        if rows >= left.shape[2]:
            logits = self._table(left, right, first, rest)
            return torch.cat([logits.mean(2), logits.mean(1)], 1)
        by_row, by_column = [], torch.zeros(len(left), right.shape[2], device=left.device, dtype=left.dtype)
        for part in left.split(rows, 2):
            logits = checkpoint(self._table, part, right, first, rest, use_reentrant=False)
            by_row.append(logits.mean(2))
            by_column = by_column + logits.sum(1)
        return torch.cat([*by_row, by_column / left.shape[2]], 1)


class CodeCritic(nn.Module):
    """Codes to logits, high where they look drawn from the prior."""

    def __init__(self, dims: int, code: int, *, width: int, spectral: bool = True) -> None:
        super().__init__()
        first, second = scaled(512, width), scaled(256, width)
        slope = SLOPE[dims]
        self.layers = nn.Sequential(
            nn.Linear(code, first), nn.LeakyReLU(slope), nn.Linear(first, second), nn.LeakyReLU(slope),
            nn.Linear(second, 1),
        )  # fmt: skip
        initialise(self)
        normed(self, spectral)

    def forward(self, codes: Tensor) -> Tensor:
        """(B, code) to (B, 1)."""
        logits: Tensor = self.layers(codes)
        return logits
