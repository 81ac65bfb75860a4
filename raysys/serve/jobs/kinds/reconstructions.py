"""Reconstructions by simulated annealing of an uploaded image, or of a saved characterisation."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import raysys
from raysys.anneal import Reconstruction, Schedule, Target
from raysys.anneal.order import AnnealingOrder
from raysys.anneal.weights import longest_lag, weights_of
from raysys.data import encode_images
from raysys.form import Form
from raysys.serve.encoding import as_npz, encode
from raysys.serve.jobs.kinds.files import write_bytes, write_summary
from raysys.serve.jobs.schemas import ReconstructionRequest
from raysys.serve.jobs.work import FarmWork, Surroundings, check_work, needed_upload, upload_of
from raysys.serve.measuring import upload_kind
from raysys.serve.refused import RefusedError
from raysys.serve.values import binarised, of_label
from raysys.shapes import whole_numbers
from raysys.stats import Characterisation

UNPACKED = 32  # times the bytes of an upload that an archive may unfold to


class Reconstructing(FarmWork[Reconstruction]):
    """Chains, and their images as files."""

    def write(self, results: Sequence[Reconstruction], folder: Path) -> str:
        """Images as .tif and .npz, a contact sheet, and energies."""
        images = np.stack([result.image.astype(np.uint8) for result in results])
        form = Form("binary", images.shape[1:])
        energies = np.array([result.energy for result in results])
        write_bytes(folder / "reconstructions.tif", encode_images(images, "tif", kind="binary"))
        write_bytes(folder / "reconstructions.npz", as_npz(images=images, energies=energies))
        write_bytes(folder / "reconstructions.png", encode(images, form, "png"))
        assert isinstance(self.order, AnnealingOrder)
        write_summary(
            folder,
            energies=energies.tolist(),
            phase_fractions=[result.phase_fraction for result in results],
            seed=self.order.seed,
            shape=list(self.order.shape),
            terms=[term.name for term in self.order.target.terms],
            r_max=self.order.target.r_max,
            schedule=self.order.schedule.as_dict(),
            raysys_version=raysys.__version__,
        )
        return f"{len(images)} reconstructions, energies from {energies.min():.3g} to {energies.max():.3g}"


def reconstruction(request: dict[str, Any], folder: Path, around: Surroundings) -> Reconstructing:
    """A request for reconstructions, checked.

    Raises
    ------
    RaysysError
        If the upload is no image or characterisation, or what was asked for does not suit it.
    """
    asked = ReconstructionRequest.model_validate(request)
    sides = None if asked.shape is None else whole_numbers(asked.shape)
    if asked.shape is not None and (sides is None or len(sides) not in (2, 3) or min(sides) < 1):
        raise RefusedError(f"shape {asked.shape!r}; allowed: two whole numbers, or three of a volume, as 128x128")
    weights = weights_of(asked.target, option="target") or {"S2": 1.0}
    saved = upload_of(folder, "characterisation")
    if saved is not None:
        if sides is None:
            raise RefusedError("a characterisation has no shape to take; give `shape`, as 128x128")
        target = Target.from_characterisation(_characterisation(saved, around), weights, r_max=asked.r_max)
    else:
        images = _images(asked, needed_upload(folder, "image"), around)
        sides = sides or images.shape[1:]
        smallest = [min(pair) for pair in zip(images.shape[1:], sides, strict=False)]
        r_max = asked.r_max or longest_lag(weights, smallest)
        target = Target.from_images(images, weights, r_max=r_max, boundary=asked.boundary)
    # Before the order looks at every pixel of it.
    if np.prod(sides, dtype=np.float64) > around.settings.max_made:
        raise RefusedError(f"shape {asked.shape!r}; allowed here: up to {around.settings.max_made} pixels")
    assert asked.seed is not None  # drawn when it was asked for
    order = AnnealingOrder.of(target, sides, _schedule(asked), asked.seed)
    check_work(order, asked.chains, int(np.prod(sides)), around.settings)
    return Reconstructing(order, asked.chains, around.settings.cpus)


def _schedule(asked: ReconstructionRequest) -> Schedule:
    given = {"stages": asked.stages, "moves": asked.moves, "levels": asked.levels, "keep": asked.keep}
    changes = {name: value for name, value in given.items() if value is not None}
    return Schedule.published(**changes) if asked.preset == "published" else Schedule(**changes)


def _images(asked: ReconstructionRequest, upload: Path, around: Surroundings) -> np.ndarray:
    """The phase of interest as 1, (N, ...)."""
    kind = upload_kind(asked.phase, asked.threshold)
    stored = around.decode(upload.read_bytes(), dims=asked.dims, kind=kind)
    if kind == "labels":
        return of_label(stored, int(asked.phase or 0))
    marked, _ = binarised(stored, asked.phase, asked.threshold)
    return marked


def _characterisation(upload: Path, around: Surroundings) -> Characterisation:
    """A saved characterisation, unless it would unfold to more than memory holds."""
    allowed = UNPACKED * around.limits.max_upload_bytes
    try:
        with zipfile.ZipFile(upload) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
    except zipfile.BadZipFile:
        raise RefusedError("the characterisation is no .npz; allowed: what raysys stats --save has written") from None
    if unpacked > allowed:
        raise RefusedError(f"the characterisation unfolds to {unpacked} bytes; allowed here: up to {allowed}")
    return Characterisation.load(upload)
