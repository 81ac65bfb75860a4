"""The one place that puts the steps in a row: read, denoise, segment, shrink, cut."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import raysys
from raysys.data.files.reading import fingerprint, read_images
from raysys.data.large.prepared import is_large, prepare_large
from raysys.data.preparation.bilateral import denoise
from raysys.data.preparation.grey import is_binary, to_grey
from raysys.data.preparation.resampling import block_mean, downscale
from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment
from raysys.data.preparation.tiling import Tiles, split_by_region
from raysys.data.preparation.window import with_window
from raysys.data.settings import DataSettings
from raysys.errors import RaysysError


def prepare(settings: DataSettings, *, show: Callable[[int, int, str], None] | None = None) -> Tiles:
    """Read the images of `settings` and cut them into training and held-out tiles.

    A flat image above 512 MiB as float32 is worked through in windows, see `raysys.data.large.prepare_large`.

    Parameters
    ----------
    settings : DataSettings
    show : optional
        Is told of a large image how far it is: (rows done, all rows, what is being done).

    Returns
    -------
    Tiles
        uint8 {0, 1} tiles, or float32 [0, 1] ones for segment "none"; `phase_fraction` and `provenance` say at once
        whether the phases were swapped.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.
    """
    settings = with_window(settings)
    if is_large(settings):
        return prepare_large(settings, show=show)
    stored = read_images(settings.images, shape=settings.shape, dtype=settings.dtype, dataset=settings.dataset)
    dims = _tile_axes(settings, stored)
    try:
        large, grey = _phases(stored, settings, dims)
        image = _shrunk(large, settings, dims)
        tiles = split_by_region(image, settings.tile, settings.stride, held_out=settings.held_out, dims=dims)
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None
    before = float(large.mean())
    return replace(
        tiles, grey=grey, phase_fraction_before=before, provenance=_provenance(settings, stored, tiles, before)
    )


def _tile_axes(settings: DataSettings, stored: np.ndarray) -> int:
    if stored.ndim > 3 or (settings.dims or stored.ndim) > stored.ndim:
        raise RaysysError(
            f"{settings.images} holds an array of {stored.ndim} axes {stored.shape}, and dims is {settings.dims}; "
            "tiles are cut from one image (H, W), or one volume or stack (D, H, W)"
        )
    return settings.dims or stored.ndim


def _phases(stored: np.ndarray, settings: DataSettings, dims: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The large image at the file's resolution, and its grey values where it has any."""
    if not isinstance(settings.phase, str):
        return phase_of_value(stored, settings.phase), None
    grey = to_grey(stored)
    if is_binary(grey) and settings.segment == "none":
        return grey, grey
    if is_binary(grey):
        # Denoising would round the corners of phases that somebody has already decided on.
        return segment(grey, phase=settings.phase), grey
    smooth = denoise(
        grey, sigma_color=settings.denoise_sigma_color, sigma_spatial=settings.denoise_sigma_spatial, dims=dims
    )
    if settings.segment == "none":
        return smooth, grey
    phases = segment(
        smooth,
        method=settings.segment,
        phase=settings.phase,
        threshold=settings.threshold,
        classes=settings.classes,
    )
    return phases, grey


def _shrunk(large: np.ndarray, settings: DataSettings, dims: int) -> np.ndarray:
    if large.dtype != np.uint8:
        return block_mean(large, settings.downscale, dims=dims).astype(np.float32)
    small = downscale(large, settings.downscale, threshold=settings.resize_threshold, dims=dims)
    if settings.minimum_object > 1:
        flat = dims < small.ndim
        parts = [remove_specks(part, settings.minimum_object) for part in (small if flat else [small])]
        small = np.stack(parts) if flat else parts[0]
    if not small.any() or small.all():
        raise RaysysError(
            f"after downscale={settings.downscale:g} ({settings.resize_threshold}) and minimum_object="
            f"{settings.minimum_object} one phase is left only; its fraction was {large.mean():.4f} before"
        )
    return small


def _provenance(settings: DataSettings, stored: np.ndarray, tiles: Tiles, before: float) -> dict[str, object]:
    return {
        "source": settings.images,
        "sha256": fingerprint(settings.images),
        "shape_stored": list(stored.shape),
        "dtype_stored": str(stored.dtype),
        "shape": list(tiles.image.shape),
        "phase_fraction": tiles.phase_fraction,
        "phase_fraction_before": before,
        "tiles_train": len(tiles.train),
        "tiles_held_out": len(tiles.held_out),
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
