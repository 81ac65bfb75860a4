"""The U-Net as a model: images of any size to class numbers of their pixels, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.grey_levels import grey_limits, on_grey_scale
from raysys.methods.unet.network import UNet
from raysys.models.abilities import Segments
from raysys.models.model import Model

SMALLEST_TILE = 256  # pixels; the smaller a tile, the more of it is overlap


class SegmenterModel(Model, Segments):
    """Which class every pixel of an image is of; parameters as of `Model`."""

    purpose = "segments images"
    Network = UNet
    network: UNet

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training tiles."""
        return (self.network.size,) * 2

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the labels."""
        return self.network.classes

    @property
    def halo(self) -> int:
        """Pixels beyond a window on which its labels depend, a multiple of the network's cell.

        A window of a larger image that is cut at a multiple of the cell, with this much around it, and segmented in one
        tile with the `limits` of the whole image, has the labels that the whole image has in one tile.
        """
        return -(-self.network.reach // self.network.cell) * self.network.cell

    def segment(
        self,
        images: np.ndarray,
        *,
        overlap: int | None = None,
        tile: int | None = None,
        batch: int = 8,
        limits: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """Class numbers uint8 (N, H, W), indices into `classes`; as `probabilities` otherwise."""
        found = (self._of_whole(one, overlap, tile, batch, limits) for one in self._checked(images))
        return np.stack([np.concatenate([band.argmax(0).astype(np.uint8) for band in each]) for each in found])

    def probabilities(
        self,
        images: np.ndarray,
        *,
        overlap: int | None = None,
        tile: int | None = None,
        batch: int = 8,
        limits: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """How likely each class is at each pixel.

        Tiles of an image overlap, and where they do, their probabilities are averaged by weights that fall to nothing
        towards a tile's border, where the network sees least.

        Parameters
        ----------
        images
            (N, H, W), stored values of any type, of any size; each image is brought to the network's grey scale.
        overlap
            Pixels that neighbouring tiles share at least, below the tile's side; a quarter of it by default.
        tile
            Side of a tile in pixels, made up to a multiple of the network's cell; the training tiles', or 256 if those
            are smaller, by default. An image that fits into one tile is not cut.
        batch
            Tiles per pass on an accelerator; on a CPU each passes by itself, so that its bits depend on no other.
        limits
            Stored values that become black and white; of each image by the network's own rule if not given. Windows of
            one image need those of the whole, see `raysys.grey_levels.grey_limits`.

        Returns
        -------
        float32 (N, classes, H, W), adding up to 1 over the classes

        Raises
        ------
        RaysysError
            If there are no images, they have another number of axes, NaN or infinite values, or the overlap does not
            fit the tile.
        """
        found = (self._of_whole(one, overlap, tile, batch, limits) for one in self._checked(images))
        return np.stack([np.concatenate(list(each), axis=1) for each in found])

    def _checked(self, images: np.ndarray) -> np.ndarray:
        if images.ndim != 3 or not images.size:
            raise RaysysError(
                f"images of shape {images.shape} cannot be segmented by model {self.name!r}; "
                "allowed: (N, pixels, pixels), one image or more"
            )
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise RaysysError(f"images with NaN or infinite values cannot be segmented by model {self.name!r}")
        return images

    def bands(
        self,
        read: Callable[[int, int], np.ndarray],
        shape: tuple[int, int],
        *,
        limits: tuple[float, float],
        overlap: int | None = None,
        tile: int | None = None,
        batch: int = 8,
    ) -> Iterator[np.ndarray]:
        """`probabilities` of an image of any size, from the top: some rows at a time, bit for bit those of the whole.

        Parameters
        ----------
        read
            Gives rows (stop - start, W) of stored values; called with growing `start`, some rows more than once.
        shape
            (H, W) of the image. One row of tiles is in memory, as wide as the image.
        limits, overlap, tile, batch
            As for `probabilities`; limits are of the whole image.

        Returns
        -------
        Iterator of float32 (classes, rows, W), H rows in all

        Raises
        ------
        RaysysError
            If the overlap does not fit the tile.
        """
        side, shared = self._tiling(tile, overlap)
        cell, (height, width) = self.network.cell, shape
        full = (height + -height % cell, width + -width % cell)
        rows, columns = (_starts(length, side, shared, cell) for length in full)
        tall, wide = min(side, full[0]), min(side, full[1])
        weights = np.outer(_fade(tall, shared), _fade(wide, shared))
        total = np.zeros((len(self.classes), tall, full[1]), np.float32)
        weight = np.zeros((tall, full[1]), np.float32)
        cut = [(slice(0, tall), slice(column, column + wide)) for column in columns]
        for row, following in zip(rows, [*rows[1:], full[0]], strict=True):
            grey = _padded(read, row, row + tall, shape, cell, limits)
            for (_, across), found in zip(cut, self._passed(grey, cut, batch), strict=True):
                total[:, :, across] += found * weights
                weight[:, across] += weights
            done = following - row  # rows that no further tile reaches
            blended: np.ndarray = (total[:, :done] / weight[:done])[:, : height - row, :width]
            yield blended
            for held in (total, weight[None]):
                held[:, : tall - done] = held[:, done:].copy()
                held[:, tall - done :] = 0

    def _tiling(self, tile: int | None, overlap: int | None) -> tuple[int, int]:
        """Side of a tile, and pixels that neighbours share."""
        cell = self.network.cell
        side = -(-(tile or max(SMALLEST_TILE, self.network.size)) // cell) * cell
        shared = side // 4 if overlap is None else overlap
        if not 0 <= shared < side:
            raise RaysysError(f"overlap is {shared} pixels; allowed: 0 or more, less than the {side} pixels of a tile")
        return side, shared

    def _of_whole(
        self,
        image: np.ndarray,
        overlap: int | None,
        tile: int | None,
        batch: int,
        limits: tuple[float, float] | None,
    ) -> Iterator[np.ndarray]:
        limits = limits or grey_limits(image, self.network.grey)
        shape = (image.shape[0], image.shape[1])
        return self.bands(
            lambda start, stop: image[start:stop], shape, limits=limits, overlap=overlap, tile=tile, batch=batch
        )

    def _passed(self, padded: np.ndarray, cut: list[tuple[slice, slice]], batch: int) -> Iterator[np.ndarray]:
        """Probabilities (classes, tall, wide) of each tile, in order."""
        batch = 1 if self.device.type == "cpu" else batch  # a convolution's rounding depends on its batch
        for first in range(0, len(cut), batch):
            tiles = np.stack([padded[place] for place in cut[first : first + batch]])
            with torch.inference_mode():
                there: Tensor = torch.from_numpy(tiles)[:, None].to(self.device) * 2 - 1
                found: np.ndarray = self.network(there).float().softmax(1).cpu().numpy()
            yield from found


def _padded(
    read: Callable[[int, int], np.ndarray],
    start: int,
    stop: int,
    shape: tuple[int, int],
    cell: int,
    limits: tuple[float, float],
) -> np.ndarray:
    """Rows of the image on the network's grey scale, mirrored beyond its lower and right borders up to whole cells."""
    first = max(0, start - cell)  # what is mirrored may lie above the rows
    grey = on_grey_scale(read(first, min(stop, shape[0])), limits)
    below = max(0, stop - shape[0])
    return np.pad(grey, [(0, below), (0, -shape[1] % cell)], mode="symmetric")[start - first :]


def _starts(length: int, side: int, shared: int, cell: int) -> list[int]:
    """First pixels of tiles that cover `length`, all at multiples of the cell; the last one ends where the image does.

    Elsewhere a tile would be halved at other pixels than its neighbour, and the two would not agree.
    """
    if length <= side:
        return [0]
    step = max(cell, (side - shared) // cell * cell)
    return [*range(0, length - side, step), length - side]


def _fade(length: int, shared: int) -> np.ndarray:
    """Weights float32 (length,): 1 in the middle, falling as a squared sine within `shared` pixels of both ends."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5
    # A floor: at the image's border there is no other tile, and what is divided by must stay above 0.
    fade = np.sin(np.pi / 2 * np.clip(distance / max(shared, 0.5), 0, 1)) ** 2
    return np.maximum(fade, 1e-6).astype(np.float32)


MODEL = SegmenterModel
