"""Hyper-parameters of the U-Net: network, losses, and how its training tiles are varied."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from raysys.data.pairs import PairsSettings
from raysys.errors import RaysysError
from raysys.grey_levels import GreyScale
from raysys.train.system_settings import SystemSettings


class UnetSettings(SystemSettings):
    """Hyper-parameters of the U-Net."""

    method: Literal["unet"] = "unet"
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam's learning rate.")
    decay_steps: int | None = Field(
        None,
        ge=1,
        description="Steps in which the learning rate falls to a hundredth along half a cosine; it stays if not given.",
    )
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Decoupled from the gradient, as in AdamW.")
    gradient_clip: float | None = Field(1.0, gt=0, description="Largest norm of the gradient; none if empty.")
    fine_tune: bool = Field(False, description="Refuse to begin from random weights: training.init_from must be given.")

    depth: int = Field(3, ge=1, le=6, description="Halvings; each doubles how far the network sees (3: 51 pixels).")
    width: int = Field(16, ge=1, le=256, description="Channels of the first level; doubles per level (published: 64).")

    cross_entropy_weight: float = Field(1.0, ge=0, description="Weight of the cross-entropy.")
    dice_weight: float = Field(1.0, ge=0, description="Weight of the Dice loss, in which every class counts alike.")
    class_balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How much heavier a rare class is in the cross-entropy: 0 not at all, 1 as heavy as all others.",
    )
    class_weights: dict[str, float] | None = Field(
        None, description="Weights of classes by name, 1 for others; by class_balance if not given."
    )

    flips: tuple[Literal["left-right", "up-down"], ...] = Field(
        ("left-right", "up-down"), description="Mirror half of the tiles; leave out what the microscope never shows."
    )
    rotations: bool = Field(True, description="Turn tiles by 0, 90, 180 or 270 degrees; not for layered specimens.")
    gain: float = Field(0.1, ge=0, lt=1, description="Grey values are multiplied by 1 +- this at most.")
    offset: float = Field(0.1, ge=0, lt=1, description="To grey values (0-1) +- this at most is added.")
    gamma: float = Field(0.2, ge=0, le=2, description="Grey values are raised to a power from exp(-this) to exp(this).")
    elastic: float = Field(0.0, ge=0, le=32, description="Pixels by which tiles are bent, standard deviation; 0: none.")

    classes: tuple[str, ...] | None = Field(None, description="Names of the classes; those of data.classes.")
    grey: GreyScale | None = Field(None, description="What becomes black and white; as data.grey says.")

    @model_validator(mode="after")
    def _something_is_learned(self) -> UnetSettings:
        if not self.cross_entropy_weight + self.dice_weight:
            raise ValueError("cross_entropy_weight and dice_weight are both 0; nothing would be learned")
        if self.class_weights and min(self.class_weights.values()) < 0:
            raise ValueError("class_weights holds a negative weight")
        return self

    def completed(self, data: Any) -> UnetSettings:
        """Complete the settings with the classes and the grey scale of a data section.

        Raises
        ------
        RaysysError
            If the data have no masks, other classes are named, or a weight is for a class that there is not.
        """
        if not isinstance(data, PairsSettings):
            raise RaysysError(f"system unet learns from images with masks; set data.source=pairs (found {data.source})")
        unknown = sorted(set(self.class_weights or {}) - set(data.names))
        if unknown:
            raise RaysysError(f"system.class_weights names {', '.join(unknown)}; classes are {', '.join(data.names)}")
        for name, wanted in (("classes", data.names), ("grey", data.grey)):
            if getattr(self, name) not in (None, wanted):
                raise RaysysError(f"system.{name} is not that of the data section; leave system.{name} out")
        return self.model_copy(update={"classes": data.names, "grey": data.grey})

    def wanted_model(self) -> str:
        """The sentence for `fine_tune` without a model to begin from."""
        if not self.fine_tune:
            return ""
        return (
            "fine-tunes a trained model (system.fine_tune), and none is given: train one first, such as raysys train "
            "unet, and add --set training.init_from=models:/unet@champion"
        )


SETTINGS = UnetSettings
