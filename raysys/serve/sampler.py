"""One deployment per model: draws samples in pixel-limited batches and measures them, in one thread per replica.

Of autoencoder models it also encodes, reconstructs and interpolates uploads, in the same thread.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from ray import serve

from raysys.errors import RaysysError
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.models import GenerativeModel, load
from raysys.models.condition import asked_values
from raysys.serve.autoencoders import reconstruction
from raysys.serve.autoencoders.schemas import EncodeRequest, InterpolateRequest, ReconstructRequest
from raysys.serve.limits import Limits
from raysys.serve.measuring import Measured, measure
from raysys.serve.problems import RefusedError
from raysys.serve.schemas import MAX_SEED, ModelDescription, SampleRequest, curves_of
from raysys.serve.tiles import shrink, tile_window
from raysys.stats.sets.descriptors import known

T = TypeVar("T")


@dataclass(frozen=True)
class Draw:
    """One resolved request, with the model that it was resolved for: a hot swap does not mix two."""

    model: GenerativeModel
    n: int
    seed: int
    size: tuple[int, ...]
    origin: tuple[int, ...] | None
    periodic: bool
    grey: bool
    pixels: int
    condition: dict[str, list[float]] | None = None

    def run(self) -> np.ndarray | RaysysError:
        """The images, or why the model refuses; an error is a value here, so that it spoils no other of its batch."""
        try:
            return self.model.sample(
                self.n,
                seed=self.seed,
                size=self.size,
                origin=self.origin,
                condition=self.condition,
                periodic=self.periodic,
                grey=self.grey,
            )
        except RaysysError as error:
            return error


@dataclass
class Drawn:
    """Samples with their seed and what was measured on them."""

    images: np.ndarray
    seed: int
    phase_fractions: list[float]
    measured: Measured = field(default_factory=Measured)
    condition: dict[str, list[float]] | None = None


def count_pixels(draws: list[Draw]) -> int:
    """The size of a batch: what memory and time grow with, whatever the number of requests."""
    return sum(draw.pixels for draw in draws)


class Sampler:
    """Holds one model; `user_config` = {"uri", "tracking_uri"} says which, and may change while it serves."""

    def __init__(self, limits: Limits, device: str = "cpu") -> None:
        self._limits = limits
        self._device = device
        self._model: GenerativeModel | None = None
        # One thread: torch and numba calls of a replica never compete, and the event loop stays free.
        self._thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self._draw.set_max_batch_size(limits.max_pixels_per_request)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the model; Serve calls this at start and on every hot swap, and requests go on meanwhile."""
        self._model = await self._run(lambda: _load(user_config, self._device))

    async def describe(self) -> dict[str, Any]:
        """The model's facts, as the fields of `ModelDescription` without the name it is served under."""
        return describe(self._loaded())

    async def sample(self, request: SampleRequest) -> Drawn:
        """Draw what `request` asks for and measure its descriptors.

        Raises
        ------
        RaysysError
            If the request is over a limit, or the model cannot grant it.
        """
        draw = resolve(request, self._loaded(), self._limits)
        images = await self._batched(draw)
        names = [] if draw.grey else descriptors_of(request)
        measured = Measured()
        if names:
            measured = await self._run(lambda: measure(images, names, draw.model.reference))
        fractions = [float(image.mean(dtype=np.float64)) for image in images]
        return Drawn(images, draw.seed, fractions, measured, draw.condition)

    async def tile(
        self, z: int, x: int, y: int, seed: int, condition: dict[str, float | list[float]] | None = None
    ) -> np.ndarray:
        """One tile of the endless image of `seed`, (256, 256); see `tiles`."""
        model = self._loaded()
        if not model.any_size or len(model.native_size) != 2:
            raise RefusedError("this model has one size only, or makes volumes; tiles need an any-size model of images")
        window = tile_window(z, x, y)
        request = SampleRequest(seed=seed, size=window.side, origin=list(window.origin), condition=condition)
        images = await self._batched(resolve(request, model, self._limits))
        return shrink(images[0], window.factor)

    async def encode(self, upload: bytes, request: EncodeRequest) -> reconstruction.Encoded:
        """Latents of an upload; as the next two it raises RaysysError if the model or the upload cannot grant it."""
        model = self._autoencoder()
        return await self._run(lambda: reconstruction.encode(model, upload, request, self._limits))

    async def reconstruct(self, upload: bytes, request: ReconstructRequest) -> reconstruction.Reconstructed:
        """Reconstructions of an upload, with statistics of both."""
        model = self._autoencoder()
        return await self._run(lambda: reconstruction.reconstruct(model, upload, request, self._limits))

    async def interpolate(self, uploads: list[bytes], request: InterpolateRequest) -> reconstruction.Interpolated:
        """Images between two uploads."""
        model = self._autoencoder()
        return await self._run(lambda: reconstruction.interpolate(model, uploads, request, self._limits))

    def _autoencoder(self) -> AutoencoderModel:
        model = self._loaded()
        if not isinstance(model, AutoencoderModel):
            raise RefusedError(
                f"this model is of architecture {model.card.architecture}, which makes images but encodes none; "
                "`encodes` at /v1/models tells which can",
                409,
                "cannot_encode",
            )
        return model

    async def _batched(self, draw: Draw) -> np.ndarray:
        outcome = await self._draw(draw)
        if isinstance(outcome, RaysysError):
            raise outcome
        return outcome

    @serve.batch(max_batch_size=2**24, batch_wait_timeout_s=0.002, batch_size_fn=count_pixels)
    async def _draw(self, draws: list[Draw]) -> list[np.ndarray | RaysysError]:
        return await self._run(lambda: [draw.run() for draw in draws])

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _loaded(self) -> GenerativeModel:
        if self._model is None:
            raise RefusedError("the model is still being loaded; try again shortly", 503, "busy")
        return self._model


def _load(user_config: dict[str, Any], device: str) -> GenerativeModel:
    model = load(user_config["uri"], tracking_uri=user_config.get("tracking_uri"), kind=GenerativeModel).to(device)
    _ = model.reference  # read now, not in the event loop at the first request
    return model


def resolve(request: SampleRequest, model: GenerativeModel, limits: Limits) -> Draw:
    """Fill in what the request leaves open, and check it against the limits and the number of axes."""
    native = model.native_size
    if request.size is None:
        size = native
    else:
        size = (request.size,) * len(native) if isinstance(request.size, int) else tuple(request.size)
    for name, value in (("size", size), ("origin", request.origin)):
        if value is not None and len(value) != len(native):
            raise RefusedError(f"{name} has {len(value)} numbers; this model's images have {len(native)} axes")
    grey = request.grey or model.card.images.kind == "grey"
    if grey and request.descriptors:
        raise RefusedError("descriptors are defined for binary images, and these are grey; leave `descriptors` out")
    if request.descriptors:
        known(request.descriptors, len(native))
    pixels = limits.check(request.n, size)
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    if seed + request.n - 1 > MAX_SEED:
        raise RefusedError(f"seed + n - 1 is {seed + request.n - 1}; allowed: up to {MAX_SEED}")
    origin = None if request.origin is None else tuple(request.origin)
    asked = asked_values(request.condition, model.card.condition, request.n, model=model.name)
    return Draw(model, request.n, seed, size, origin, request.periodic, grey, pixels, _told(asked, model))


def _told(asked: np.ndarray | None, model: GenerativeModel) -> dict[str, list[float]] | None:
    """What is asked of each image, by its name; float32 is read as the short decimal that was written."""
    if asked is None or model.card.condition is None:
        return None
    return {model.card.condition.name: [float(str(value)) for value in asked[:, 0]]}


def descriptors_of(request: SampleRequest) -> list[str]:
    """The descriptors that the answer will carry: only json and npz have room for them."""
    if request.format not in ("json", "npz"):
        return []
    return ["S2"] if request.descriptors is None else list(dict.fromkeys(request.descriptors))


def describe(model: GenerativeModel) -> dict[str, Any]:
    """See `Sampler.describe`."""
    card = model.card.model_dump(mode="json")
    reference = model.reference
    return ModelDescription(
        name=model.name,
        architecture=card["architecture"],
        kind=card["images"]["kind"],
        native_size=list(model.native_size),
        any_size=model.any_size,
        cell=model.cell,
        phase_fraction=card["images"].get("phase_fraction"),
        condition=model.card.condition,
        encodes=isinstance(model, AutoencoderModel),
        card=card,
        reference={} if reference is None else curves_of(reference),
        reference_n=None if reference is None else reference.n,
    ).model_dump()
