"""Hyper-parameters of the multi-texture GAN; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from raysys.errors import RaysysError
from raysys.methods.multi_texture.shared_settings import GeneratorSettings


class MultiTextureSettings(GeneratorSettings):
    """Hyper-parameters of the multi-texture GAN (Alanov et al. 2019, Tables 9 and 16)."""

    method: Literal["multi-texture"] = "multi-texture"
    textures: tuple[str, ...] = Field((), description="Names of the textures; the data section says them.")
    code: int = Field(2, ge=1, le=512, description="Values of a texture's code; published: 2, in space 16.")
    local: int = Field(20, ge=1, le=512, description="Channels of independent noise; published: 20, in space 16.")
    waves: int | None = Field(
        None, ge=0, le=64, description="Periodic channels; published: 4, in space 0, which are the defaults."
    )
    spectral_norm: bool = Field(True, description="Spectral normalisation of all three critics (published).")
    positions: int | None = Field(
        None,
        ge=1,
        description="Places of each image that the pair critic compares, drawn anew in each step; all if not given. In "
        "space there are 343 x 343 pairs, and 64 places are six times as fast.",
    )
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
