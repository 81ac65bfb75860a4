"""Encoder and generator of many textures as a model that is asked with a code, a name or an example."""

from __future__ import annotations

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.methods.multi_texture.lattice_model import LatticeModel
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.models.abilities import FindsCodes
from raysys.models.card import ModelCard
from raysys.models.channels import unit_channels
from raysys.models.condition import CodeCard
from raysys.models.model import References

DIGITS = 5  # of a code on a card


class MultiTextureModel(LatticeModel, FindsCodes):
    """Samples of a texture that a code says, of any size and origin; the code may vary over space."""

    Network = MultiTexture
    network: MultiTexture

    def __init__(self, card: ModelCard, network: MultiTexture, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = card.condition.channels if isinstance(card.condition, CodeCard) else 0
        if network.code != told:
            raise RaysysError(
                f"model {card.name!r} has a network of codes of {network.code} values, and its card tells of "
                f"{told or 'none'}; allowed: as many on both"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the textures that can be asked for by name."""
        return tuple(self.card.condition.named) if isinstance(self.card.condition, CodeCard) else ()

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Codes float32 (N, code) of images (N, *spatial) of the card's form, of any size that the encoder halves.

        Raises
        ------
        RaysysError
            If they are of other channels or axes, or smaller than the training images.
        """
        shape = self.form.array_shape(1)[1:]
        if images.ndim != len(shape) + 1 or (self.form.kind == "colour" and images.shape[-1] != shape[-1]):
            raise RaysysError(
                f"an example of shape {images.shape[1:]} was given to model {self.name!r}, which knows "
                f"{self.form.kind} images of {self.form.dims} axes; convert it first"
            )
        small = min(self.form.spatial(images))
        if small < min(self.native_size):
            raise RaysysError(
                f"an example of {small} pixels was given to model {self.name!r}; allowed: {min(self.native_size)} or "
                "more along each axis, as it was trained on"
            )
        channels = torch.from_numpy(unit_channels(self.form, images)).to(self.device)
        with torch.inference_mode():
            found: np.ndarray = self.network.encoder(channels * 2 - 1)[0].float().cpu().numpy()
        return found


def condition_card(network: MultiTexture, names: tuple[str, ...]) -> CodeCard:
    """What can be asked for: a code of the normal prior, or the mean code of a texture by its name."""
    means = network.codes.double().cpu().numpy().round(DIGITS)
    return CodeCard(
        kind="code",
        name="texture",
        length=network.code,
        mean=(0.0,) * network.code,
        std=(1.0,) * network.code,
        named={name: tuple(row) for name, row in zip(names, means.tolist(), strict=True)},
    )


MODEL = MultiTextureModel
