"""Large arrays, part by part: drawn where there is room, sent on, and forgotten; in memory are two parts at a time.

A window of an endless image is drawn by itself, so a part is a request like any other, to whatever replica is free.
"""

import asyncio
import io
import math
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi.responses import StreamingResponse
from numpy.lib import format as npy

from raysys.serve.catalogue import Catalogue
from raysys.serve.drawing import Drawn
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import MAX_SEED, ModelDescription, SampleRequest

PARTS = 4  # of the pixels that one image may have, a part has so many times fewer: other requests come in between


@dataclass(frozen=True)
class Large:
    """A request for more than is drawn at once: n images of a size, of a first seed, from an origin on."""

    request: SampleRequest
    seed: int
    size: tuple[int, ...]
    origin: tuple[int, ...]
    rows: int

    def parts(self) -> list[SampleRequest]:
        """The request in parts: image by image, and along the first axis."""
        return [
            self.request.model_copy(
                update={
                    "n": 1,
                    "seed": self.seed + image,
                    "size": [min(self.rows, self.size[0] - start), *self.size[1:]],
                    "origin": [self.origin[0] + start, *self.origin[1:]],
                }
            )
            for image in range(self.request.n)
            for start in range(0, self.size[0], self.rows)
        ]


def may_be_large(request: SampleRequest, limits: Limits) -> bool:
    """Whether a request could be more than is drawn at once, whatever the model; most need no look at it."""
    if request.format != "npy" or request.size is None or request.gate is not None:
        return False
    pixels = request.size**3 if isinstance(request.size, int) else math.prod(request.size)
    return request.n * pixels * 3 > limits.max_pixels


def as_large(request: SampleRequest, model: ModelDescription, limits: Limits) -> Large | None:
    """The request in parts, or None if it is drawn at once, or is none that can be in parts.

    Raises
    ------
    RefusedError
        If it is over the limits of what is sent in parts, or asks for what a part alone has not.
    """
    given = request.size if isinstance(request.size, list) else [request.size or 1] * model.dims
    size, pixels = tuple(given), math.prod(given) * model.channels
    if len(size) != model.dims or not model.any_size:
        return None
    if pixels <= limits.max_pixels and request.n * pixels <= limits.max_pixels_per_request:
        return None
    limits.check_streamed(request.n, size, channels=model.channels)
    if request.periodic or not _is_plain(request.condition):
        raise RefusedError(
            f"{request.n} images of {' x '.join(map(str, size))} are sent in parts, each drawn by itself; allowed: not "
            "periodic, and a condition that is one number or name for all"
        )
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    if seed + request.n - 1 > MAX_SEED:
        raise RefusedError(f"seed + n - 1 is {seed + request.n - 1}; allowed: up to {MAX_SEED}")
    rows = max(1, limits.max_pixels // PARTS // (pixels // size[0]))
    origin = tuple(request.origin or (0,) * len(size))
    if len(origin) != len(size):
        raise RefusedError(f"origin has {len(origin)} numbers; this model's images have {len(size)} axes")
    return Large(request, seed, size, origin, rows)


async def answer_large(catalogue: Catalogue, name: str, large: Large) -> StreamingResponse:
    """An npy file whose length is told at once and whose parts follow as they are drawn.

    Raises
    ------
    RaysysError
        As for the request of its first part; later ones are of the same kind.
    """
    parts = large.parts()
    first: Drawn = await catalogue.ask(name, "sample", parts[0])
    shape = (large.request.n, *large.size, *first.images.shape[1 + len(large.size) :])
    head = _head(shape, first.images.dtype)
    headers = {
        "X-Raysys-Seed": str(large.seed),
        "X-Raysys-Model": name,
        "Content-Length": str(len(head) + math.prod(shape) * first.images.dtype.itemsize),
        "Content-Disposition": f'inline; filename="{name}-{large.seed}.npy"',
        "Cache-Control": "no-store",
    }
    content = _content(catalogue, name, head, first, parts[1:])
    return StreamingResponse(content, media_type="application/octet-stream", headers=headers)


async def _content(
    catalogue: Catalogue, name: str, head: bytes, first: Drawn, rest: list[SampleRequest]
) -> AsyncIterator[bytes]:
    yield head
    drawn = first
    for part in rest:
        # The next one is drawn while this one is on its way.
        following = asyncio.create_task(catalogue.ask(name, "sample", part))
        try:
            yield drawn.images.tobytes()
            drawn = await following
        finally:
            following.cancel()
    yield drawn.images.tobytes()


def _head(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    stream = io.BytesIO()
    described = {"shape": shape, "fortran_order": False, "descr": npy.dtype_to_descr(dtype)}
    npy.write_array_header_1_0(stream, described)
    return stream.getvalue()


def _is_plain(condition: dict[str, Any] | None) -> bool:
    return condition is None or all(isinstance(value, int | float | str) for value in condition.values())
