"""The autoencoder as a model: images to latents and back, between two images, and samples of the latents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE
from raysys.methods.autoencoder.network import Autoencoder
from raysys.models.abilities import Autoencodes
from raysys.models.channels import from_channels, unit_channels, values_before
from raysys.models.generative import GenerativeModel
from raysys.models.noise import LatticeNoise
from raysys.models.sampling import Lattice

LEAST = 1e-6  # of a phase, so that pixels where the network sees none have shares too


class AutoencoderModel(GenerativeModel, Autoencodes):
    """Autoencodings of images, and samples from the training latents' mean and standard deviation.

    Sampled latents are independent of each other, so samples lack whatever structure the latents share over distances.
    """

    purpose = "encodes and decodes images"
    Network = Autoencoder
    network: Autoencoder

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""
        return self.network.shape

    @property
    def any_size(self) -> bool:
        """The network is fully convolutional."""
        return True

    @property
    def lattice(self) -> Lattice:
        """Borders reach 3 cells less one pixel inwards: m -> 2 m + 2 per level from 1, and 1 at the last layer."""
        return Lattice(LatticeNoise(self.network.latent_channels), self.network.cell, 3, self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        """Decoded latents without the border that padding has reached."""
        per_channel = (-1, *(1,) * self.network.dims)
        latents = noise * self.network.latent_std.view(per_channel) + self.network.latent_mean.view(per_channel)
        if self.network.latent_activation == "relu":
            latents = latents.clamp(min=0)  # no image is encoded below
        border = self.lattice.halo * self.network.cell
        inside = (slice(None), slice(None), *(slice(border, -border),) * self.network.dims)
        return self._bounded(self.network.decode(latents)[inside])

    def encode(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """Latents of images.

        Parameters
        ----------
        images
            Of the card's kind: (N, *spatial) in [0, 1], (N, *spatial, 3) for colour, or numbers of phases; sides
            multiples of the lattice cell.
        batch
            Images per pass on an accelerator; on a CPU each passes by itself, so that its bits depend on no other.

        Returns
        -------
        float32 (N, latent_channels, *spatial / cell); the means, of a variational network

        Raises
        ------
        RaysysError
            If the images have another number of axes, values outside [0, 1], or sides that do not fit.
        """
        self._check_images(images)
        return self._in_batches(self.network.encode, unit_channels(self.form, images), batch)

    def decode(self, latents: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        """Images of latents: float (N, latent_channels, *lattice) -> as of `autoencode`.

        Raises
        ------
        RaysysError
            If the latents have another number of axes or channels, or there are none.
        """
        channels, axes = self.network.latent_channels, len(self.native_size)
        if latents.ndim != axes + 2 or latents.shape[1] != channels or not latents.size:
            raise RaysysError(
                f"latents of shape {latents.shape} cannot be decoded by model {self.name!r}; "
                f"allowed: (N, {channels}, {', '.join('points' for _ in range(axes))})"
            )
        values = self._in_batches(lambda values: self._bounded(self.network.decode(values)), latents, batch)
        return (values_before if grey else from_channels)(self.form, values)

    def autoencode(self, images: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        """Encode and decode images.

        Parameters
        ----------
        images
            As for `encode`.
        grey
            Return values before the threshold of binary images, or how likely each phase is, as the last axis.
        batch
            Images per pass on an accelerator; on a CPU each passes by itself, so that its bits depend on no other.

        Returns
        -------
        Images of the card's kind, or float32 in [0, 1] where `grey` is asked

        Raises
        ------
        RaysysError
            As `encode` does.
        """
        return self.decode(self.encode(images, batch=batch), grey=grey, batch=batch)

    def interpolate(self, first: np.ndarray, second: np.ndarray, steps: int, *, grey: bool = False) -> np.ndarray:
        """Images on the straight line between the latents of two.

        Parameters
        ----------
        first, second
            Images of the card's kind without the sample axis, of one shape.
        steps
            Images in all, 2 or more; the first and the last are the autoencodings of the two.
        grey
            Return values before the threshold.

        Returns
        -------
        (steps, *spatial) as of `autoencode`

        Raises
        ------
        RaysysError
            If there are fewer steps, shapes differ, or as `encode` does.
        """
        if steps < 2:
            raise RaysysError(f"an interpolation of {steps} images was asked for; allowed: 2 or more")
        if first.shape != second.shape:
            raise RaysysError(f"the two images have shapes {first.shape} and {second.shape}; allowed: one shape")
        start, end = self.encode(np.stack([first, second]))
        share = np.linspace(0, 1, steps, dtype=np.float32).reshape(-1, *(1,) * start.ndim)
        return self.decode((1 - share) * start + share * end, grey=grey)

    def _check_images(self, images: np.ndarray) -> None:
        sides = ", ".join("pixels" for _ in self.native_size)
        colour = self.form.kind == "colour"
        if images.ndim != len(self.native_size) + 1 + colour or (colour and images.shape[-1] != RED_GREEN_BLUE):
            raise RaysysError(
                f"images of shape {images.shape} cannot be encoded by model {self.name!r}; "
                f"allowed: (N, {sides}{f', {RED_GREEN_BLUE}' if colour else ''})"
            )
        if not images.size:
            raise RaysysError(f"images of shape {images.shape} hold no pixel; give model {self.name!r} one or more")
        highest = self.form.channels - 1 if self.form.kind == "labels" else 1
        if not (images.min() >= 0 and images.max() <= highest):
            raise RaysysError(
                f"images with values from {images.min():g} to {images.max():g} cannot be encoded by model "
                f"{self.name!r}; allowed: 0 to {highest}"
            )

    @torch.inference_mode()
    def _in_batches(self, work: Callable[[Tensor], Tensor], values: np.ndarray, batch: int) -> np.ndarray:
        batch = 1 if self.device.type == "cpu" else batch  # a convolution's rounding depends on its batch
        parts = [
            work(torch.from_numpy(values[first : first + batch].astype(np.float32)).to(self.device)).cpu().numpy()
            for first in range(0, len(values), batch)
        ]
        return np.concatenate(parts)

    def _bounded(self, values: Tensor) -> Tensor:
        """The network's output in [0, 1]; of label images as shares of all phases."""
        if self.form.kind != "labels":
            return values.clamp(0, 1)
        # Cut at 1, two phases could be the likeliest one.
        positive = values.clamp(min=LEAST)
        return positive / positive.sum(1, keepdim=True)


MODEL = AutoencoderModel
