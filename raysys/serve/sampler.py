"""One deployment per model: what its model declares is done here, in one thread per replica.

Samples are drawn and measured; uploads are encoded, autoencoded, segmented or classified.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch

from raysys.form import Form
from raysys.models import GenerativeModel, Model, load
from raysys.serve.autoencoders import coding
from raysys.serve.autoencoders.schemas import AutoencodeRequest, EncodeRequest, InterpolateRequest
from raysys.serve.classes import recognition
from raysys.serve.classes.schemas import ClassifyRequest, SegmentRequest
from raysys.serve.conditions import asking as conditions
from raysys.serve.conditions.schemas import BetweenRequest, CodesRequest
from raysys.serve.declared import autoencoder, classifier, finder, form_of, generator, references_of, segmenter
from raysys.serve.decoding.apart import Decoder
from raysys.serve.describing import describe
from raysys.serve.drawing import Draw, Drawn, resolve
from raysys.serve.gates.drawing import draw_passing
from raysys.serve.gates.judging import check_gate, passing
from raysys.serve.gates.schemas import Gate
from raysys.serve.limits import Limits
from raysys.serve.measuring import measure_phases
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SampleRequest
from raysys.serve.stopwatch import Clock
from raysys.serve.tiles import shrink, tile_window
from raysys.serve.versions import Unchanged, tag_of, version_of

T = TypeVar("T")
STUCK = 2  # times the seconds after which whoever asked has been told that it took too long


class Sampler:
    """Holds one model; `user_config` = {"uri", "tracking_uri"} says which, and may change while it serves."""

    def __init__(self, limits: Limits, device: str = "cpu") -> None:
        self._limits = limits
        self._device = device
        self._model: Model | None = None
        self._version = self._uri = ""
        self._since: float | None = None  # when the thread began what it is at
        # One thread: torch and numba calls of a replica never compete, and the event loop stays free.
        self._thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self._decoder = Decoder(limits)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the model; Serve calls this at start and on every hot swap, and requests go on meanwhile."""
        model = await self._run(lambda: _load(user_config, self._device))
        version = await self._run(lambda: version_of(model))
        # Together: no request may be told the version of another model than the one that answers it.
        self._model, self._version, self._uri = model, version, user_config["uri"]

    async def describe(self) -> dict[str, Any]:
        """The model's facts, as the fields of `ModelDescription` without the name it is served under."""
        return describe(self._loaded(), self._version, self._uri)

    async def sample(self, request: SampleRequest, known: tuple[str, ...] = ()) -> Drawn | Unchanged:
        """Draw what `request` asks for and measure its descriptors.

        Parameters
        ----------
        request
            What is asked.
        known
            Tags of answers that the caller has already; for one of them nothing is drawn.

        Raises
        ------
        RaysysError
            If the request is over a limit, or the model cannot grant it.
        """
        # With the model of this moment: a swap while it waits for the thread changes nothing for it.
        model, version = self._generator()
        draw = resolve(request, model, self._limits)
        etag = tag_of(version, request)
        if etag is not None and etag in known:
            return Unchanged(etag)
        clock = Clock()
        images, draw, tries = await self._drawn(draw, request.gate)
        clock.lap("draw")
        phases = await self._run(lambda: measure_phases(images, draw.form, draw.descriptors, references_of(model)))
        clock.lap("measure")
        return Drawn(
            images,
            draw.form,
            draw.seed,
            phases,
            draw.condition,
            draw.notices,
            model.card.images.pixel_size,
            draw.granted.seeds,
            tries,
            etag,
            clock.seconds,
        )

    async def _drawn(self, draw: Draw, gate: Gate | None) -> tuple[np.ndarray, Draw, int | None]:
        """Images of a draw, or those that pass a gate, with the draw that they are of and how many were drawn."""
        if gate is None:
            return await self._run(draw.run), draw, None
        references = references_of(draw.model)
        check_gate(gate, draw.form, references)
        if gate.tries > self._limits.max_tries:
            raise RefusedError(f"gate.tries is {gate.tries}; allowed here: up to {self._limits.max_tries}")

        async def judged(images: np.ndarray) -> np.ndarray:
            return await self._run(lambda: passing(gate, images, draw.form, references))

        async def drawn(one: Draw) -> np.ndarray:
            return await self._run(one.run)

        passed = await draw_passing(draw, gate, drawn, judged)
        return passed.images, passed.draw, passed.tries

    def _generator(self) -> tuple[GenerativeModel, str]:
        return generator(self._loaded()), self._version

    async def tile(
        self, z: int, x: int, y: int, request: SampleRequest, known: tuple[str, ...] = ()
    ) -> Drawn | Unchanged:
        """One tile of the endless image of the request's seed, (1, 256, 256) or (1, 256, 256, 3); see `tiles`.

        Raises
        ------
        RaysysError
            If there is no such tile, or the model has no endless image.
        """
        model, version = self._generator()
        # Before the limits are asked: their sentence would name a window that nobody typed.
        if not model.any_size or model.form.dims != 2:
            raise RefusedError("this model has one size only, or makes volumes; tiles need an any-size model of images")
        window = tile_window(z, x, y)
        whole = request.model_copy(update={"size": window.side, "origin": list(window.origin)})
        draw = resolve(whole, model, self._limits)
        etag = tag_of(version, whole, z)
        if etag is not None and etag in known:
            return Unchanged(etag)
        clock = Clock()
        images = await self._run(draw.run)
        tile = shrink(images[0], draw.form, window.factor)[None]
        clock.lap("draw")
        return Drawn(tile, draw.form, draw.seed, seeds=(draw.seed,), etag=etag, seconds=clock.seconds)

    async def encode(self, upload: bytes, request: EncodeRequest) -> coding.Encoded:
        """Latents of an upload; as the next four it raises RaysysError if the model or the upload cannot grant it."""
        model = autoencoder(self._loaded())
        stored = await self._stored(upload, form_of(model))
        return await self._run(lambda: coding.encode(model, stored, request))

    async def autoencode(self, upload: bytes, request: AutoencodeRequest) -> coding.Autoencoded:
        """Autoencodings of an upload, with statistics of both."""
        model = autoencoder(self._loaded())
        stored = await self._stored(upload, form_of(model))
        return await self._run(lambda: coding.autoencode(model, stored, request))

    async def interpolate(self, uploads: list[bytes], request: InterpolateRequest) -> coding.Interpolated:
        """Images between two uploads."""
        model = autoencoder(self._loaded())
        stored = [await self._stored(upload, form_of(model)) for upload in uploads]
        return await self._run(lambda: coding.interpolate(model, stored, request, self._limits))

    async def segment(self, upload: bytes, request: SegmentRequest) -> recognition.Segmented:
        """The class of every pixel of an upload."""
        model = segmenter(self._loaded())
        stored = await self._stored(upload)
        return await self._run(lambda: recognition.segment(model, stored, request))

    async def classify(self, upload: bytes, request: ClassifyRequest) -> recognition.Classified:
        """The class of each image of an upload."""
        model = classifier(self._loaded())
        stored = await self._stored(upload)
        return await self._run(lambda: recognition.classify(model, stored, request))

    async def find_codes(self, upload: bytes, request: CodesRequest) -> conditions.FoundCodes:
        """The codes of an upload, with which more of its kind can be asked for."""
        model = finder(self._loaded())
        stored = await self._stored(upload, form_of(model))
        return await self._run(lambda: conditions.find_codes(model, stored, request))

    async def between(self, request: BetweenRequest) -> tuple[Drawn, np.ndarray]:
        """One image of one seed at every step on the way between two conditions, and the conditions."""
        model, _ = self._generator()
        steps, values = conditions.steps_between(model, request, self._limits)
        draws = [resolve(step, model, self._limits) for step in steps]
        images = await self._run(lambda: np.concatenate([draw.run() for draw in draws]))
        spacing = model.card.images.pixel_size
        return Drawn(images, draws[0].form, draws[0].seed, spacing=spacing), values

    async def follow(self, upload: bytes, request: SampleRequest) -> Drawn:
        """Samples that follow an uploaded map."""
        model, _ = self._generator()
        read = conditions.map_array(upload)
        pages = await self._stored(upload) if read is None else None
        drawn = await self.sample(conditions.followed(model, read, pages, request))
        assert isinstance(drawn, Drawn)  # no tags are known
        return drawn

    async def _stored(self, upload: bytes, form: Form | None = None) -> np.ndarray:
        """An upload decoded as images of a form; of flat grey ones by default. The model's thread is left to others."""
        how = () if form is None else (form.dims, form.kind, form.channels)
        return await asyncio.to_thread(self._decoder.decode, upload, *how)

    def check_health(self) -> None:
        """Serve asks from time to time, and replaces a replica whose thread does not come back from its work."""
        busy = 0.0 if self._since is None else time.monotonic() - self._since
        if busy > STUCK * self._limits.timeout_s:
            raise RuntimeError(f"one piece of work has taken {busy:.0f} s, and nobody waits for it any more")

    async def _run(self, work: Callable[[], T]) -> T:
        def timed() -> T:
            self._since = time.monotonic()
            try:
                return work()
            finally:
                self._since = None

        return await asyncio.get_running_loop().run_in_executor(self._thread, timed)

    def _loaded(self) -> Model:
        if self._model is None:
            raise RefusedError("the model is still being loaded; try again shortly", 503, "busy")
        return self._model


def _load(user_config: dict[str, Any], device: str) -> Model:
    model = load(user_config["uri"], tracking_uri=user_config.get("tracking_uri")).to(device)
    _ = model.references  # read now, not in the event loop at the first request
    return model
