"""What is served: a network with its card, from which images of a seed are sampled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.models.autoencoder import Autoencoder
from raysys.models.card import ModelCard
from raysys.models.sampling import THRESHOLD, Lattice, Window, draw
from raysys.models.wasserstein import Generator

if TYPE_CHECKING:
    from raysys.stats import Characterisation


class Model(ABC):
    """A network in evaluation mode and its description.

    Parameters
    ----------
    card
        Description; `card.hyperparameters` are the network's.
    network
        Taken over as it is and put into evaluation mode.
    reference
        Characterisation of the real images, or the file that holds it (read when it is first asked for).
    """

    Network: ClassVar[type[nn.Module]]

    def __init__(
        self, card: ModelCard, network: nn.Module, *, reference: Characterisation | Path | None = None
    ) -> None:
        self.card = card
        self.network = network.eval()
        self._reference = reference
        if network.channels != 1:
            raise RaysysError(f"model {card.name!r} makes images of {network.channels} channels; allowed: 1")

    @property
    def name(self) -> str:
        """Of the model, as on its card."""
        return self.card.name

    @property
    @abstractmethod
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""

    @property
    @abstractmethod
    def any_size(self) -> bool:
        """Whether other sizes, origins and periodic images can be asked for."""

    @property
    @abstractmethod
    def lattice(self) -> Lattice:
        """How noise lies under the images."""

    @abstractmethod
    def grey(self, noise: Tensor) -> Tensor:
        """Images (B, C, *block) in [0, 1] of standard normal noise (B, channels, *points)."""

    @property
    def cell(self) -> int | None:
        """Pixels per lattice point, of which a periodic image's sides are multiples; None for one size only."""
        return self.lattice.cell if self.any_size else None

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def to(self, device: str | torch.device) -> Model:
        """Move the network, and return the model."""
        self.network.to(device)
        return self

    @property
    def reference(self) -> Characterisation | None:
        """Characterisation of the real images, or None if the model was saved without one."""
        if isinstance(self._reference, Path):
            from raysys.stats import Characterisation

            self._reference = Characterisation.load(self._reference)
        return self._reference

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        size: int | Sequence[int] | None = None,
        origin: int | Sequence[int] | None = None,
        condition: object = None,
        periodic: bool = False,
        grey: bool = False,
        start: int = 0,
    ) -> np.ndarray:
        """Draw images.

        Image i has the seed `seed + start + i`, so that `sample(2, seed=5)[1]` is `sample(1, seed=6)[0]`. On a CPU this
        holds bit for bit, as it does for overlapping windows of one seed; on a GPU up to rounding.

        Parameters
        ----------
        n
            Number of images.
        seed
            Any integer; seeds are equal modulo 2**64.
        size
            Pixels along every axis, or per axis; the native size by default.
        origin
            First pixel of the window in the endless image of the seed (per axis, may be negative); zero by default.
        condition
            What to make, for conditional models.
        periodic
            Make images whose opposite borders fit; `origin` then rolls them.
        grey
            Return values before the threshold. Models of grey images always do.
        start
            Number of the first image.

        Returns
        -------
        (n, *size) uint8 in {0, 1}, or float32 in [0, 1]

        Raises
        ------
        RaysysError
            If the model cannot grant the request; the sentence says what is allowed.
        """
        if n < 1:
            raise RaysysError(f"{n} images were asked of model {self.name!r}; allowed: 1 or more")
        if condition is not None:
            raise RaysysError(f"model {self.name!r} is not conditional; leave the condition out")
        window = self._window(size, origin, periodic)
        seeds = [seed + start + image for image in range(n)]
        binary = self.card.images.kind == "binary" and not grey
        still = Window((0,) * len(window.size), window.size, window.period) if periodic else window
        images = draw(self.grey, self.lattice, seeds, still, binary=binary, device=self.device)
        if not periodic:
            return images
        # One period is always computed from its own origin and rolled: then every origin gives the same pixels.
        return np.roll(images, [-first for first in window.origin], axis=range(1, images.ndim))

    def _window(self, size: int | Sequence[int] | None, origin: int | Sequence[int] | None, periodic: bool) -> Window:
        native = self.native_size
        sides = native if size is None else _per_axis(size, len(native), "size")
        first = (0,) * len(native) if origin is None else _per_axis(origin, len(native), "origin")
        if min(sides) < 1:
            raise RaysysError(
                f"size {sides} was asked of model {self.name!r}; allowed: 1 pixel or more along every axis"
            )
        if not self.any_size and (sides != native or any(first) or periodic):
            raise RaysysError(
                f"model {self.name!r} makes images of its native size {native} only; "
                "leave out size, origin and periodic"
            )
        if periodic and any(side % self.lattice.cell for side in sides):
            raise RaysysError(
                f"size {sides} of a periodic image of model {self.name!r} is not allowed; "
                f"every side must be a multiple of its lattice cell of {self.lattice.cell} pixels"
            )
        return Window(first, sides, sides if periodic else None)


class GanModel(Model):
    """Samples of a generator; any size and origin if its latent is a lattice."""

    Network = Generator
    network: Generator

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""
        return (self.network.size,) * self.network.dims

    @property
    def any_size(self) -> bool:
        """Whether the latent is a lattice."""
        return self.network.latent == "lattice"

    @property
    def lattice(self) -> Lattice:
        """One point beyond the image on each side; a vector is a lattice of one point."""
        return Lattice(self.network.latent_channels, self.network.cell, int(self.any_size), self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        """The generator's output, from [-1, 1] to [0, 1]."""
        images: Tensor = self.network(noise)
        return (images + 1) / 2


class AutoencoderModel(Model):
    """Reconstructions of given images, and samples from the training latents' mean and standard deviation.

    Sampled latents are independent of each other, so samples lack whatever structure the latents share over distances.
    """

    Network = Autoencoder
    network: Autoencoder

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""
        return (self.network.size,) * self.network.dims

    @property
    def any_size(self) -> bool:
        """The network is fully convolutional."""
        return True

    @property
    def lattice(self) -> Lattice:
        """Borders reach 3 cells less one pixel inwards: m -> 2 m + 2 per level from 1, and 1 at the last layer."""
        return Lattice(self.network.latent_channels, self.network.cell, 3, self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        """Decoded latents without the border that padding has reached."""
        per_channel = (-1, *(1,) * self.network.dims)
        latents = noise * self.network.latent_std.view(per_channel) + self.network.latent_mean.view(per_channel)
        border = self.lattice.halo * self.network.cell
        inside = (slice(None), slice(None), *(slice(border, -border),) * self.network.dims)
        return self.network.decode(latents)[inside].clamp(0, 1)

    def reconstruct(self, images: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        """Encode and decode images.

        Parameters
        ----------
        images
            (N, *spatial) in [0, 1], sides multiples of the lattice cell.
        grey
            Return values before the threshold.
        batch
            Images per pass.

        Returns
        -------
        (N, *spatial) uint8 in {0, 1}, or float32 in [0, 1]
        """
        if images.ndim != len(self.native_size) + 1:
            raise RaysysError(
                f"images of shape {images.shape} cannot be reconstructed by model {self.name!r}; "
                f"allowed: (N, {', '.join('pixels' for _ in self.native_size)})"
            )
        out = np.empty(images.shape, np.float32)
        with torch.inference_mode():
            for first in range(0, len(images), batch):
                some = torch.from_numpy(images[first : first + batch, None].astype(np.float32)).to(self.device)
                out[first : first + batch] = self.network(some)[:, 0].clamp(0, 1).cpu().numpy()
        binary = self.card.images.kind == "binary" and not grey
        return (out > THRESHOLD).astype(np.uint8) if binary else out


ARCHITECTURES: dict[str, type[Model]] = {"wgan-gp": GanModel, "autoencoder": AutoencoderModel}


def new_model(
    card: ModelCard, weights: dict[str, Tensor], *, reference: Characterisation | Path | None = None
) -> Model:
    """Build the network that a card describes and give it its weights.

    Raises
    ------
    RaysysError
        If the architecture is unknown, or hyper-parameters or weights do not fit it.
    """
    kind = ARCHITECTURES.get(card.architecture)
    if kind is None:
        known = ", ".join(ARCHITECTURES)
        raise RaysysError(f"model {card.name!r} has the architecture {card.architecture!r}; allowed: {known}")
    try:
        with torch.device("meta"):  # weights are given, so none are drawn
            network = kind.Network(**card.hyperparameters)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise RaysysError(
            f"hyper-parameters of model {card.name!r} do not fit {card.architecture}: {reason}"
        ) from error
    _check_weights(card, network, weights)
    network.load_state_dict(weights, assign=True)
    return kind(card, network, reference=reference)


def _check_weights(card: ModelCard, network: nn.Module, weights: dict[str, Tensor]) -> None:
    expected: dict[str, Any] = {key: (tuple(value.shape), value.dtype) for key, value in network.state_dict().items()}
    found = {key: (tuple(value.shape), value.dtype) for key, value in weights.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise RaysysError(
                f"weights of model {card.name!r} do not fit its card: {key} is {_words(found.get(key))}, "
                f"but {card.architecture} with its hyper-parameters has {_words(expected.get(key))}"
            )


def _words(tensor: tuple[tuple[int, ...], torch.dtype] | None) -> str:
    return "absent" if tensor is None else f"{str(tensor[1]).removeprefix('torch.')} {tensor[0]}"


def _per_axis(value: int | Sequence[int], axes: int, what: str) -> tuple[int, ...]:
    numbers = (value,) * axes if isinstance(value, (int, np.integer)) else tuple(value)
    if len(numbers) != axes:
        raise RaysysError(f"{what} {numbers} has {len(numbers)} numbers; allowed: one, or {axes} of them")
    return tuple(int(number) for number in numbers)
