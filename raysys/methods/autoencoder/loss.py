"""The losses between images and their autoencodings, by name, and their weights over a training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from raysys.features import Vgg19, pretrained
from raysys.features.classified import classifier_features
from raysys.features.layers import STYLE_LAYERS
from raysys.losses import (
    GrowingRadius,
    StyleLoss,
    binary_well,
    cess,
    gaussian_window,
    normal_divergence,
    range_clamp,
    summed_squared_error,
)
from raysys.methods.autoencoder.settings import CLASSIFIER, AutoencoderSettings


class AutoencodingLoss:
    """Terms "pixels", "cess", "clamp", "style" and "divergence", of which those with a weight are computed.

    The pixel error is always among them: it costs nothing and is what every training is compared by.

    Parameters
    ----------
    settings
        Weights and forms.
    device
        Of the images.
    tracking_uri
        Where MLflow keeps the classifier that `style_features` may name.

    Attributes
    ----------
    record
        Which features serve the style loss.
    """

    def __init__(self, settings: AutoencoderSettings, device: torch.device, *, tracking_uri: str | None = None) -> None:
        self.settings = settings
        self.style = _style(settings, tracking_uri).to(device) if settings.style_weight else None
        self.record: dict[str, Any] = {"style_features": self.style.provenance} if self.style else {}
        self._window: tuple[float, Tensor] | None = None

    def terms(self, output: Tensor, target: Tensor, step: int) -> dict[str, Tensor]:
        """Unweighted scalars by name, of float32 images (B, 1, H, W) in [0, 1] and their autoencodings."""
        settings = self.settings
        terms = {"pixels": summed_squared_error(output, target)}
        if settings.cess_weight:
            terms["cess"] = self._cess(output, target, step)
        if settings.clamp_weight:
            terms["clamp"] = (range_clamp if settings.clamp == "range" else binary_well)(output)
        if self.style is not None:
            terms["style"] = self.style(output, target)
        return terms

    def divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Divergence of a variational encoder's latents from normal ones."""
        return normal_divergence(mean, log_variance)

    def weights(self, step: int) -> dict[str, float]:
        """Weight of every term at a step of training, counted from 0."""
        settings = self.settings
        return {
            "pixels": self._pixel_weight(step),
            "cess": settings.cess_weight,
            "clamp": settings.clamp_weight,
            "style": settings.style_weight,
            "divergence": settings.divergence_weight,
        }

    def _pixel_weight(self, step: int) -> float:
        start, end = self.settings.pixel_weight, self.settings.pixel_weight_end
        if end is None:
            return start
        share = min(1.0, step / self.settings.anneal_steps)
        return float(start * (end / start) ** share)

    def _cess(self, output: Tensor, target: Tensor, step: int) -> Tensor:
        settings = self.settings
        seen = output
        if settings.binarise == "straight-through":
            seen = output + ((output > 0.5).to(output) - output).detach()
        return cess(
            seen,
            target,
            reading=settings.cess_reading,
            window=self._lags(tuple(output.shape[2:]), step).to(output.device)
            if settings.cess_radius
            else settings.cess_window,
            reduction=settings.cess_reduction,
            phase=settings.cess_phase,
            indicator_width=settings.cess_indicator_width,
        )

    def _lags(self, shape: tuple[int, ...], step: int) -> Tensor:
        """The Gaussian window of a step; made anew only where the radius has changed."""
        settings = self.settings
        assert settings.cess_radius is not None
        radius = settings.cess_radius
        if settings.cess_radius_end is not None:
            radius = GrowingRadius(radius, settings.cess_radius_end, settings.anneal_steps).at(step)
        if self._window is None or self._window[0] != radius:
            self._window = (radius, gaussian_window(shape, radius))
        return self._window[1]


def _style(settings: AutoencoderSettings, tracking_uri: str | None) -> StyleLoss:
    first = settings.style_features[0]
    if first.startswith(CLASSIFIER):
        features: Any = classifier_features(
            first.removeprefix(CLASSIFIER), settings.style_layers, tracking_uri=tracking_uri
        )
    else:
        kernels = pretrained(settings.style_features, sha256=settings.style_sha256)
        features = Vgg19(kernels, settings.style_layers or STYLE_LAYERS, padding=settings.padding)
    return StyleLoss(features, normalisation=settings.style_normalisation)
