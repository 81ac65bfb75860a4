"""The one place that puts the steps in a row: read, denoise, segment, shrink, cut."""

import warnings
from collections.abc import Callable

import numpy as np

from raysys.data.files.reading import fingerprint, read_stored
from raysys.data.labels import check_occurring, foreign_values, label_numbers, shares_of
from raysys.data.large.prepared import is_large, prepared_in_windows
from raysys.data.phases import Decision, decided, levels_of
from raysys.data.preparation.bilateral import denoise
from raysys.data.preparation.deciding import check_decidable, decides_on_stored, decision, grey_threshold
from raysys.data.preparation.grey import is_binary, scale_of
from raysys.data.preparation.prepared_image import ImageFacts, PreparedImage, cut, tile_axes
from raysys.data.preparation.resampling import block_mean, downscale, majority
from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment, segmented
from raysys.data.preparation.tiling import Tiles
from raysys.data.preparation.window import with_window
from raysys.data.settings import DataSettings
from raysys.errors import RaysysError
from raysys.spacing import spacing_of

LUMINANCE = "(its luminance)"  # end of the notice that a photograph became grey


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
        uint8 {0, 1} tiles; float32 [0, 1] ones for segment "none", and with an axis of three for colour; uint8 numbers
        of the phases for label images. `phase_fraction` and `provenance` say at once whether the phases were swapped.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.

    Warns
    -----
    UserWarning
        If a photograph became grey, or what it says of opacity was left out.
    """
    settings = with_window(settings)
    if is_large(settings):
        return cut(prepared_in_windows(settings, show=show), settings)
    prepared = prepared_at_once(settings)
    say_notices(prepared.facts)
    return cut(prepared, settings)


def prepared_at_once(settings: DataSettings) -> PreparedImage:
    """Read an image that fits into memory, and do all that is done before it is cut.

    Parameters
    ----------
    settings : DataSettings
        With the window, if there is one, as a number (`with_window`).

    Raises
    ------
    RaysysError
        As for `prepare`.
    """
    stored, notices, spacing = read_stored(settings.images, settings.choice, kind=settings.stored_kind)
    dims = tile_axes(settings, stored.shape[: stored.ndim - settings.colour])
    try:
        whole, grey, by = _phases(stored, settings, dims)
        image = _shrunk(whole, settings, dims)
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None
    fraction, before, shares = _fractions(image, whole, settings)
    facts = ImageFacts(
        sha256=fingerprint(settings.images),
        shape_stored=stored.shape,
        dtype_stored=str(stored.dtype),
        phase_fraction=fraction,
        phase_fraction_before=before,
        phase_fractions=shares,
        decision=by,
        notices=notices,
        spacing=spacing if settings.pixel_size is None else spacing_of(settings.pixel_size).of_axes(stored.ndim),
    )
    return PreparedImage(image, facts, grey)


def say_notices(facts: ImageFacts) -> None:
    """Warn of what was decided on the user's behalf."""
    for notice in facts.notices:
        advice = "; data.colour: true keeps colours" if notice.endswith(LUMINANCE) else ""
        warnings.warn(f"{notice}{advice}", UserWarning, stacklevel=3)


def _fractions(image: np.ndarray, whole: np.ndarray, settings: DataSettings) -> tuple[float, float, dict[str, float]]:
    """`phase_fraction`, `phase_fraction_before` and `phase_fractions` of an image, and of what it was before."""
    if settings.phases is None:
        return float(image.mean()), float(whole.mean()), {}
    names = tuple(settings.phases)
    shares = shares_of(image, names)
    return shares[names[0]], shares_of(whole, names)[names[0]], shares


def _phases(
    stored: np.ndarray, settings: DataSettings, dims: int
) -> tuple[np.ndarray, np.ndarray | None, Decision | None]:
    """The large image at the file's resolution, its grey values where it has any, and how one phase was told."""
    if settings.colour:
        return stored, None, None
    if settings.phases is not None:
        return _labels(stored, settings), None, None
    phase = settings.named_phase
    if not isinstance(phase, str):
        return phase_of_value(stored, phase), None, Decision(f"{phase:g}", "stored value")
    scale = scale_of(stored)
    grey = scale(stored)
    if is_binary(grey) and settings.segment == "none":
        return grey, grey, None
    if is_binary(grey):
        # Denoising would round the corners of phases that somebody has already decided on.
        return segment(grey, phase=phase), grey, Decision(phase, "two values")
    if settings.segment != "none":
        check_decidable(settings, levels_of(stored), stored.dtype, (scale.low, scale.high))
    if decides_on_stored(settings, stored.dtype):
        found = decided(stored, phase, threshold=settings.threshold)
        return found.marked, grey, found.by
    smooth = denoise(
        grey, sigma_color=settings.denoise_sigma_color, sigma_spatial=settings.denoise_sigma_spatial, dims=dims
    )
    if settings.segment == "none":
        return smooth, grey, None
    phases, limit = segmented(
        smooth,
        method=settings.segment,
        phase=phase,
        threshold=grey_threshold(settings, scale, stored.dtype),
        classes=settings.classes,
        said=lambda value: scale.stored(value, stored.dtype),
    )
    return phases, grey, decision(settings, None if limit is None else scale.stored(limit, stored.dtype))


def _labels(stored: np.ndarray, settings: DataSettings) -> np.ndarray:
    phases = settings.phases or {}
    labels = label_numbers(stored, phases, refuse=lambda foreign: foreign_values(foreign, phases))
    check_occurring(shares_of(labels, tuple(phases)), "the image")
    return labels


def _shrunk(large: np.ndarray, settings: DataSettings, dims: int) -> np.ndarray:
    if settings.phases is not None:
        labels = majority(large, settings.downscale, len(settings.phases), dims=dims)
        check_occurring(shares_of(labels, tuple(settings.phases)), f"the image after downscale={settings.downscale:g}")
        return labels
    if settings.colour:
        channels = [block_mean(large[..., k], settings.downscale, dims=dims) for k in range(large.shape[-1])]
        return np.stack(channels, -1).astype(np.float32)
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
