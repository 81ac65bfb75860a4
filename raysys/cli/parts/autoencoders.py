"""Autoencoders, loaded here or behind an endpoint, asked alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.serve.client import Endpoint


class LoadedAutoencoder:
    """An autoencoder in this process; values come before the threshold.

    Parameters
    ----------
    name
        Registered name, MLflow URI or folder.
    tracking_uri
        Of MLflow.

    Raises
    ------
    RaysysError
        If there is no such model, or it encodes nothing.
    """

    def __init__(self, name: str, tracking_uri: str | None) -> None:
        from raysys.methods.autoencoder.model import AutoencoderModel
        from raysys.models import load

        self._model = load(name, tracking_uri=tracking_uri, kind=AutoencoderModel)
        self.dims = len(self._model.native_size)
        self.cell: int = self._model.network.cell
        self.kind: str = self._model.card.images.kind

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Latents float32 (N, channels, *points) of images (N, *spatial)."""
        return self._model.encode(images)

    def autoencode(self, images: np.ndarray) -> np.ndarray:
        """Values float32 like the images (N, *spatial)."""
        return self._model.autoencode(images, grey=True)

    def interpolate(self, first: np.ndarray, second: np.ndarray, steps: int) -> np.ndarray:
        """Values (steps, *spatial) between two images (*spatial)."""
        return self._model.interpolate(first, second, steps, grey=True)


class ServedAutoencoder:
    """The same, done by an endpoint.

    Parameters
    ----------
    endpoint
        Where it is served.
    name
        Under which it is served.

    Raises
    ------
    RaysysError
        If nothing answers, there is no such model, or it encodes nothing.
    """

    def __init__(self, endpoint: Endpoint, name: str) -> None:
        self._endpoint, self._name = endpoint, name
        facts = endpoint.model(name)
        if "autoencodes" not in facts["abilities"]:
            raise RaysysError(
                f"model {name!r} at {endpoint.url} is of architecture {facts['architecture']}, which makes images; "
                "wanted: one that encodes and decodes images"
            )
        self.dims = len(facts["native_size"])
        self.cell: int = facts["cell"]
        self.kind: str = facts["kind"]

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Do what `LoadedAutoencoder` does, over HTTP."""
        return self._endpoint.encode(self._name, images)

    def autoencode(self, images: np.ndarray) -> np.ndarray:
        """Do what `LoadedAutoencoder` does, over HTTP."""
        return self._endpoint.autoencode(self._name, images, grey=True)

    def interpolate(self, first: np.ndarray, second: np.ndarray, steps: int) -> np.ndarray:
        """Do what `LoadedAutoencoder` does, over HTTP."""
        return self._endpoint.interpolate(self._name, first, second, steps, grey=True)
