"""More of the texture that an uploaded image shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import raysys
from raysys.data import encode_images, is_binary, to_grey
from raysys.data.textures import progression_of, read_map
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.serve.encoding import encode
from raysys.serve.jobs.kinds.files import write_bytes, write_summary
from raysys.serve.jobs.schemas import SynthesisRequest
from raysys.serve.jobs.work import FarmWork, Surroundings, check_work, needed_upload, upload_of
from raysys.serve.refused import RefusedError
from raysys.serve.values import colour_values
from raysys.shapes import by, whole_numbers
from raysys.synthesis import Guidance, Synthesis, SynthesisOrder, order_of
from raysys.synthesis.exemplar import Kind
from raysys.synthesis.memory import bytes_of

MAPS = ("progression", "orientation", "annotation")


class Synthesising(FarmWork[Synthesis]):
    """Pictures of one texture as files."""

    def __init__(self, order: SynthesisOrder, results: int, cpus: float, notice: str) -> None:
        super().__init__(order, results, cpus)
        self.notice = notice

    def write(self, results: Sequence[Synthesis], folder: Path) -> str:
        """Every picture as .png, all of them as one .tif, and how they were made."""
        assert isinstance(self.order, SynthesisOrder)
        plan, kind = self.order.plan, self.order.plan.exemplar.kind
        images = np.stack([result.image for result in results])
        form = Form(kind, plan.size)
        for number, image in enumerate(images):
            write_bytes(folder / f"picture-{number}.png", encode(image[None], form, "png"))
        write_bytes(folder / "pictures.tif", encode_images(images, "tif", kind=kind))
        first = results[0]
        notices = [sentence for sentence in (self.notice, *first.notices) if sentence]
        losses = [float(result.losses[-1]) if len(result.losses) else None for result in results]
        facts = {"method": first.method, "preset": first.preset, "seed": first.seed, "provenance": first.provenance}
        write_summary(folder, losses=losses, notices=notices, raysys_version=raysys.__version__, **facts)
        return f"{len(images)} of {by(plan.size)} pixels by {first.method}" + "".join(f"; {one}" for one in notices)


def synthesis(request: dict[str, Any], folder: Path, around: Surroundings) -> Synthesising:
    """A request for pictures of a texture, checked; raises RaysysError for one that cannot be granted."""
    asked = SynthesisRequest.model_validate(request)
    sides = whole_numbers(asked.size)
    if sides is None or len(sides) > 2 or min(sides) < 1:
        raise RefusedError(f"size {asked.size!r}; allowed: one whole number, or rows and columns as 512x384")
    pixels = sides[0] * sides[-1]
    # Before anything is made of that size.
    if pixels > around.settings.max_made:
        raise RefusedError(f"size {asked.size!r}; allowed here: up to {around.settings.max_made} pixels")
    image, kind = _exemplar(needed_upload(folder, "exemplar").read_bytes(), asked.kind, around)
    assert asked.seed is not None  # drawn when it was asked for
    order, notice = order_of(
        image,
        (sides[0], sides[-1]),
        kind=kind,
        method=asked.method,
        preset=asked.preset,
        seed=asked.seed,
        periodic=asked.tile,
        guidance=_guidance(folder, image, around),
        threads=1,
    )
    check_work(order, asked.variations, pixels, around.settings)
    if (needed := bytes_of(order.plan)) > around.settings.max_bytes:
        raise RefusedError(
            f"{by(order.plan.size)} pixels by {order.plan.method} take about {needed / 1e9:.1f} GB of memory; allowed "
            f"here: up to {around.settings.max_bytes / 1e9:.1f}; raysys synthesise --window makes larger ones"
        )
    return Synthesising(order, asked.variations, around.settings.cpus, notice)


def _exemplar(upload: bytes, kind: str, around: Surroundings) -> tuple[np.ndarray, Kind]:
    """The one image of an upload, and what it holds: colours, two values, or grey."""
    if kind in ("auto", "colour"):
        try:
            colours = colour_values(_one(around.decode(upload, kind="colour"), "exemplar"))
        except RaysysError:
            if kind == "colour":
                raise
        else:
            if kind == "colour" or np.ptp(colours, axis=-1).max() > 0:
                return colours, "colour"
    stored = _one(around.decode(upload), "exemplar")
    if kind == "binary" and not is_binary(stored):
        raise RefusedError("the exemplar has more than two values; segment it first, or ask for kind=grey")
    found: Kind = "binary" if kind != "grey" and is_binary(stored) else "grey"
    grey = to_grey(stored)
    return grey.astype(np.uint8) if found == "binary" else grey, found


def _guidance(folder: Path, exemplar: np.ndarray, around: Surroundings) -> Guidance | None:
    """Maps of the picture and of the exemplar; a progression or an orientation of the exemplar is read off it."""
    found: dict[str, Any] = {}
    for name in MAPS:
        wanted, source = upload_of(folder, name), upload_of(folder, f"source_{name}")
        if wanted is None and source is not None:
            raise RefusedError(f"source_{name} without {name}; send both maps")
        if wanted is None:
            continue
        if source is None and name == "annotation":
            raise RefusedError("annotation without source_annotation; send both maps")
        read = None if source is None else _map(source, name, around)
        if source is None and name == "progression":
            read = progression_of(exemplar)
        found[name] = (_map(wanted, name, around), read)
    return Guidance(**found) if found else None


def _map(path: Path, name: Any, around: Surroundings) -> np.ndarray:
    # Pictures are compressed, and may hold more than they seem to; of arrays only vectors are no images.
    if path.suffix != ".npy" or name != "orientation":
        _one(around.decode(path.read_bytes(), kind="labels" if name == "annotation" else "grey"), name)
    return read_map(path, name)


def _one(images: np.ndarray, name: str) -> np.ndarray:
    if len(images) != 1:
        raise RefusedError(f"the upload {name!r} holds {len(images)} images; allowed: one")
    only: np.ndarray = images[0]
    return only
