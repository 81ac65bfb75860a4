"""The three critics: of images, of pairs of images, and of codes (Tables 6 to 8 and 13 to 15)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from raysys.methods.multi_texture.layers import (
    NORM,
    OF_VOLUMES,
    SLOPE,
    halving,
    initialise,
    normed,
    scaled,
    widths,
    without_padding,
)

Layer = tuple[Tensor, Tensor]  # weight and bias
TABLE = 2**24  # values of a table of pairs that are held at once; more are computed part by part, and once more back


def trunk(
    dims: int, channels: int, sides: list[int], last: int, *, batch_norm: bool = False, slope: float | None = None
) -> nn.Sequential:
    """Convolutions that halve an image, with leaky ReLUs in between, and a last one.

    `batch_norm` normalises all layers but the first and the last, as the critics of PSGAN and Porous Media GAN have it;
    `slope` is that of the leaky ReLUs.
    """
    slope = SLOPE[dims] if slope is None else slope
    layers: list[nn.Module] = []
    for place, after in enumerate(sides):
        layers.append(halving(dims, channels, after))
        layers += [NORM[dims](after)] if batch_norm and place else []
        layers.append(nn.LeakyReLU(slope))
        channels = after
    layers.append(halving(dims, channels, last) if dims == 2 else without_padding(channels, last))
    return nn.Sequential(*layers)


class ImageCritic(nn.Module):
    """Images to a map of logits, high where they look real; parameters as of `networks.MultiTexture`.

    With `code` values it is told each image's code: to all of its logits the inner product of its features' mean with a
    linear map of the code is added (Miyato & Koyama 2018, equation 3, there of a class).
    """

    def __init__(
        self,
        dims: int,
        channels: int,
        *,
        width: int,
        levels: int,
        spectral: bool = True,
        batch_norm: bool = False,
        slope: float | None = None,
        code: int = 0,
    ) -> None:
        super().__init__()
        sides = widths(levels - (dims == 2), width)
        self.layers = trunk(dims, channels, sides, 1, batch_norm=batch_norm, slope=slope)
        self.told = nn.Linear(code, sides[-1], bias=False) if code else None
        initialise(self)
        normed(self, spectral)

    def forward(self, images: Tensor, codes: Tensor | None = None) -> Tensor:
        """(B, C, *spatial), and codes (B, code) if it is told them, to (B, 1, *map)."""
        features = self.layers[:-1](images)
        logits: Tensor = self.layers[-1](features)
        if self.told is None or codes is None:
            return logits
        alike = (self.told(codes) * features.flatten(2).mean(2)).sum(1)
        return logits + alike.reshape(-1, *(1,) * (logits.dim() - 1))


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
        return self._table(one, other, self._weights())

    def _weights(self) -> list[Layer]:
        # Read once: under spectral normalisation each look at a weight is a step of its power iteration.
        layers = [layer for layer in self.pairs if isinstance(layer, nn.Linear)]
        return [(layer.weight, layer.bias) for layer in layers]

    def _table(self, one: Tensor, other: Tensor, layers: list[Layer]) -> Tensor:
        first, *rest = layers
        # The first layer of products is a bilinear form for each of its channels: the products are never held.
        weighted = torch.einsum("bfp,hf->bhpf", one, first[0])
        values = (weighted.flatten(1, 2) @ other).reshape(*weighted.shape[:3], -1)
        values = values.movedim(1, 3) + first[1]  # (B, P, Q, hidden)
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
        left, right = seen
        layers = self._weights()
        rows = max(1, most // (len(left) * right.shape[2] * len(layers[0][1])))
        if rows >= left.shape[2]:
            logits = self._table(left, right, layers)
            return torch.cat([logits.mean(2), logits.mean(1)], 1)
        by_row, by_column = [], torch.zeros(len(left), right.shape[2], device=left.device, dtype=left.dtype)
        for part in torch.split(left, rows, 2):
            logits = checkpoint(self._table, part, right, layers, use_reentrant=False)
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
