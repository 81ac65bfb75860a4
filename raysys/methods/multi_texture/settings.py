"""Hyper-parameters of the multi-texture GAN; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from raysys.errors import RaysysError
from raysys.train.system_settings import SystemSettings


class MultiTextureSettings(SystemSettings):
    """Hyper-parameters of the multi-texture GAN (Alanov et al. 2019, Tables 9 and 16)."""

    method: Literal["multi-texture"] = "multi-texture"
    textures: tuple[str, ...] = Field((), description="Names of the textures; the data section says them.")
    width: int = Field(
        32, ge=1, le=256, description="Channels of the generator's layer nearest to the image; published: 64."
    )
    levels: int | None = Field(
        None,
        ge=1,
        le=8,
        description="Doublings from a cell of noise to its pixels; published: 5 for images and 4 for volumes of 160, "
        "and as many less for smaller ones if not given.",
    )
    code: int = Field(2, ge=1, le=512, description="Values of a texture's code; published: 2, in space 16.")
    local: int = Field(20, ge=1, le=512, description="Channels of independent noise; published: 20, in space 16.")
    waves: int | None = Field(
        None, ge=0, le=64, description="Periodic channels; published: 4, in space 0, which are the defaults."
    )
    border: Literal["interior", "valid", "published"] = Field(
        "interior",
        description="Which part of its output the generator is trained on: the interior, which large samples are all "
        "of; that behind a complete first layer (in space); or all of it, as published, borders included.",
    )
    upsample: Literal["transposed", "nearest"] = Field(
        "transposed", description="How layers grow: as published, or by repeating pixels, without chequered patterns."
    )
    spectral_norm: bool = Field(True, description="Spectral normalisation of all three critics (published).")
    bn_momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        description="How fast running statistics follow; published: 1, those of the last batch. Those of the model are "
        "measured anew before each validation.",
    )
    positions: int | None = Field(
        None,
        ge=1,
        description="Places of each image that the pair critic compares, drawn anew in each step; all if not given. In "
        "space there are 343 x 343 pairs, and 64 places are six times as fast.",
    )
    learning_rate: float = Field(2e-4, gt=0, le=1, description="Adam's learning rate; published: 2e-4, in space 1e-4.")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam's second moment decay.")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Adam's weight decay (published).")
    image_weight: float = Field(1.0, ge=0, description="alpha1: weight of the image critic in the generator's loss.")
    pair_weight: float = Field(1.0, ge=0, description="alpha2 and beta2: weight of the pair critic.")
    code_weight: float = Field(1.0, ge=0, description="beta1: weight of the code critic in the encoder's loss.")
    kl: float = Field(
        0.0,
        ge=0,
        description="Weight of the divergence of an image's code from the prior; published as a variant: 0.1 for codes "
        "of 2 values, 1 for more than 5.",
    )
    r1: float = Field(0.0, ge=0, description="Weight of the gradient penalty R1 on what is real; published: none.")
    gram: float = Field(
        0.0,
        ge=0,
        description="Weight of the difference of Gram matrices of random features between an image and its "
        "reproduction; published: none.",
    )
    statistics: float = Field(
        0.0,
        ge=0,
        description="Weight of the mean squared difference of S2 along the axes between an image and its reproduction, "
        "each over the spread of the image's phases; of binary and grey images. Published: none.",
    )
    projection: bool = Field(
        False,
        description="Tell the image critic each image's code, by an inner product with its features (Miyato & Koyama "
        "2018); published: not.",
    )
    average: float = Field(
        0.998,
        ge=0,
        lt=1,
        description="Decay of the running average of the networks that are validated and served, at most "
        "(1 + step) / (10 + step) so that short runs do not lag; 0 for none.",
    )
    sync_norm: bool = Field(
        False, description="Normalise by the statistics of all workers' batches together, as one worker would."
    )

    def completed(self, data: Any) -> Self:
        """With the names of the textures, and waves in the plane only unless they are asked for."""
        from raysys.data.textures.reading import texture_names
        from raysys.data.textures.settings import TexturesSettings

        if not isinstance(data, TexturesSettings):
            raise RaysysError(
                f"system {self.method} learns from several textures; set data.source=textures and data.images to a "
                "folder of them"
            )
        waves = (4 if data.dims == 2 else 0) if self.waves is None else self.waves
        return self.model_copy(update={"textures": texture_names(data), "waves": waves})


SETTINGS = MultiTextureSettings
