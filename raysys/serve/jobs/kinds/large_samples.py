"""Samples too large for a request: drawn block by block into a file, in memory that does not depend on their size."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from raysys.models import GenerativeModel, write_sample
from raysys.serve.declared import generator
from raysys.serve.drawing import Draw, resolve
from raysys.serve.jobs.kinds.files import write_summary
from raysys.serve.jobs.schemas import KeptSampleRequest
from raysys.serve.jobs.work import RESULTS, WORK, Heard, Surroundings, Work
from raysys.serve.limits import Limits
from raysys.serve.schemas import SampleRequest
from raysys.shapes import by

SHOWN = 256  # pixels a side of the picture
OPTIONS = ("size", "origin", "condition", "periodic", "grey", "raw")


class Drawing(Work):
    """A sample of any size, block by block; the blocks that are on disk are not drawn again."""

    def __init__(self, model: GenerativeModel, asked: KeptSampleRequest, draw: Draw) -> None:
        self.model, self.asked, self.draw = model, asked, draw

    def run(self, folder: Path, heard: Heard) -> str:
        """See `Work.run`."""
        asked, shape = self.asked, self.draw.form.shape
        heard(0.0, None, "0 blocks", self._corner)

        def hear(done: int, blocks: int) -> None:
            heard(done / max(1, blocks), None, f"{done} of {blocks} blocks")

        options = {name: getattr(asked, name) for name in OPTIONS} | {"seed": asked.seed, "size": shape}
        made = folder / WORK / f"samples.{asked.format}"
        if not made.exists():
            write_sample(self.model, made, n=asked.n, progress=hear, **options)
        results = folder / RESULTS
        results.mkdir(exist_ok=True)
        if made.is_dir():
            _zip(made, results / f"{made.name}.zip")
        else:
            made.replace(results / made.name)
        write_summary(results, **asked.model_dump(mode="json", exclude={"uri"}), shape=[asked.n, *shape])
        return f"{asked.n} of {by(shape)} pixels, seed {asked.seed}"

    def _corner(self) -> np.ndarray | None:
        """Where the first image begins, which is drawn before all others."""
        # A periodic image has no windows, and neither have models of one size.
        if not self.model.any_size or self.asked.periodic:
            return None
        shape = self.draw.form.shape
        size = [1] * (len(shape) - 2) + [min(SHOWN, side) for side in shape[-2:]]
        options = {name: getattr(self.asked, name) for name in ("origin", "grey", "raw")}
        # What varies over space would be spread over the corner.
        drawn = self.model.sample(1, seed=self.asked.seed, size=size, **options)[0]
        return drawn[0] if len(shape) > 2 else drawn


def large_samples(request: dict[str, Any], folder: Path, around: Surroundings) -> Drawing:
    """A request for large samples, checked; raises RaysysError for one that cannot be granted."""
    asked = KeptSampleRequest.model_validate(request)
    model = generator(around.model(asked.uri))
    bounds = around.settings
    limits = Limits(
        max_n=bounds.max_results,
        max_side=bounds.max_pixels,
        max_pixels=bounds.max_pixels,
        max_pixels_per_request=bounds.max_pixels,
    )
    fields = {name: getattr(asked, name) for name in (*OPTIONS, "n", "seed")}
    return Drawing(model, asked, resolve(SampleRequest(**fields, format="npy"), model, limits))


def _zip(folder: Path, path: Path) -> None:
    """A zarr array as one file, as zarr itself reads it; its chunks are compressed already."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            # The time that a file was made is none of its content.
            with archive.open(zipfile.ZipInfo(str(file.relative_to(folder))), "w", force_zip64=True) as member:
                member.write(file.read_bytes())
