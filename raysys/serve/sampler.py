"""One deployment per model: what its model declares is done here, in one thread per replica.

Samples are drawn in pixel-limited batches and measured; uploads are encoded, autoencoded, segmented or classified.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch
from ray import serve

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.models import Model, load
from raysys.serve.autoencoders import coding
from raysys.serve.autoencoders.schemas import AutoencodeRequest, EncodeRequest, InterpolateRequest
from raysys.serve.classes import recognition
from raysys.serve.classes.schemas import ClassifyRequest, SegmentRequest
from raysys.serve.conditions import asking as conditions
from raysys.serve.conditions.schemas import BetweenRequest, CodesRequest
from raysys.serve.declared import autoencoder, classifier, finder, generator, references_of, segmenter
from raysys.serve.describing import describe
from raysys.serve.drawing import Draw, Drawn, count_pixels, resolve
from raysys.serve.limits import Limits
from raysys.serve.measuring import measure_phases
from raysys.serve.problems import RefusedError
from raysys.serve.schemas import SampleRequest
from raysys.serve.tiles import shrink, tile_window

T = TypeVar("T")


class Sampler:
    """Holds one model; `user_config` = {"uri", "tracking_uri"} says which, and may change while it serves."""

    def __init__(self, limits: Limits, device: str = "cpu") -> None:
        self._limits = limits
        self._device = device
        self._model: Model | None = None
        # One thread: torch and numba calls of a replica never compete, and the event loop stays free.
        self._thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        # The decorator below is read before there are limits.
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
        # With the model of this moment: a swap while it waits for its batch changes nothing for it.
        draw = resolve(request, generator(self._loaded()), self._limits)
        images = await self._batched(draw)
        phases = await self._run(lambda: measure_phases(images, draw.form, draw.descriptors, references_of(draw.model)))
        spacing = draw.model.card.images.pixel_size
        return Drawn(images, draw.form, draw.seed, phases, draw.condition, draw.notices, spacing)

    async def tile(self, z: int, x: int, y: int, request: SampleRequest) -> tuple[np.ndarray, Form]:
        """One tile of the endless image of the request's seed, (256, 256) or (256, 256, 3), and its form; see `tiles`.

        Raises
        ------
        RaysysError
            If there is no such tile, or the model has no endless image.
        """
        model = generator(self._loaded())
        # Before the limits are asked: their sentence would name a window that nobody typed.
        if not model.any_size or model.form.dims != 2:
            raise RefusedError("this model has one size only, or makes volumes; tiles need an any-size model of images")
        window = tile_window(z, x, y)
        whole = request.model_copy(update={"size": window.side, "origin": list(window.origin)})
        draw = resolve(whole, model, self._limits)
        images = await self._batched(draw)
        return shrink(images[0], draw.form, window.factor), draw.form

    async def encode(self, upload: bytes, request: EncodeRequest) -> coding.Encoded:
        """Latents of an upload; as the next four it raises RaysysError if the model or the upload cannot grant it."""
        model = autoencoder(self._loaded())
        return await self._run(lambda: coding.encode(model, upload, request, self._limits))

    async def autoencode(self, upload: bytes, request: AutoencodeRequest) -> coding.Autoencoded:
        """Autoencodings of an upload, with statistics of both."""
        model = autoencoder(self._loaded())
        return await self._run(lambda: coding.autoencode(model, upload, request, self._limits))

    async def interpolate(self, uploads: list[bytes], request: InterpolateRequest) -> coding.Interpolated:
        """Images between two uploads."""
        model = autoencoder(self._loaded())
        return await self._run(lambda: coding.interpolate(model, uploads, request, self._limits))

    async def segment(self, upload: bytes, request: SegmentRequest) -> recognition.Segmented:
        """The class of every pixel of an upload."""
        model = segmenter(self._loaded())
        return await self._run(lambda: recognition.segment(model, upload, request, self._limits))

    async def classify(self, upload: bytes, request: ClassifyRequest) -> recognition.Classified:
        """The class of each image of an upload."""
        model = classifier(self._loaded())
        return await self._run(lambda: recognition.classify(model, upload, request, self._limits))

    async def find_codes(self, upload: bytes, request: CodesRequest) -> conditions.FoundCodes:
        """The codes of an upload, with which more of its kind can be asked for."""
        model = finder(self._loaded())
        return await self._run(lambda: conditions.find_codes(model, upload, request, self._limits))

    async def between(self, request: BetweenRequest) -> tuple[Drawn, np.ndarray]:
        """One image of one seed at every step on the way between two conditions, and the conditions."""
        model = generator(self._loaded())
        steps, values = conditions.steps_between(model, request, self._limits)
        draws = [resolve(step, model, self._limits) for step in steps]
        images = np.concatenate(await asyncio.gather(*(self._batched(draw) for draw in draws)))
        spacing = model.card.images.pixel_size
        return Drawn(images, draws[0].form, draws[0].seed, spacing=spacing), values

    async def follow(self, upload: bytes, request: SampleRequest) -> Drawn:
        """Samples that follow an uploaded map."""
        model = generator(self._loaded())
        return await self.sample(await self._run(lambda: conditions.followed(model, upload, request, self._limits)))

    async def _batched(self, draw: Draw) -> np.ndarray:
        drawn = await self._draw(draw)
        if isinstance(drawn, RaysysError):
            raise drawn
        return drawn

    # Two milliseconds: requests that come together share a pass, and one that comes alone does not feel it.
    @serve.batch(max_batch_size=2**24, batch_wait_timeout_s=0.002, batch_size_fn=count_pixels)
    async def _draw(self, draws: list[Draw]) -> list[np.ndarray | RaysysError]:
        return await self._run(lambda: [draw.run() for draw in draws])

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _loaded(self) -> Model:
        if self._model is None:
            raise RefusedError("the model is still being loaded; try again shortly", 503, "busy")
        return self._model


def _load(user_config: dict[str, Any], device: str) -> Model:
    model = load(user_config["uri"], tracking_uri=user_config.get("tracking_uri")).to(device)
    _ = model.references  # read now, not in the event loop at the first request
    return model
