"""What a tile shows, in pixels of the file: the window of a recipe, or the representative one of its image."""

from collections.abc import Callable
from dataclasses import asdict

from raysys.data.large.image import LargeImage
from raysys.data.large.representative_size import representative_window
from raysys.data.settings import SHIPPED, DataSettings
from raysys.errors import RaysysError


def with_window(settings: DataSettings, *, say: Callable[[str], None] | None = None) -> DataSettings:
    """Settings whose window is a number of pixels, and whose `downscale` follows from it; as they are without one.

    Parameters
    ----------
    settings : DataSettings
    say : optional
        Is told in sentences which window was found for "res".

    Raises
    ------
    RaysysError
        If the image has no representative size, or one that is too large for it or smaller than a tile.
    """
    window = window_in_pixels(settings, say=say)
    if window is None:
        return settings
    return settings.model_copy(update={"window": window, "downscale": window / settings.tile_shape[0]})


def window_in_pixels(settings: DataSettings, *, say: Callable[[str], None] | None = None) -> int | None:
    """The window's side in pixels of the file, None for settings without one; for "res" the image is looked at.

    Parameters, Raises
        As for `with_window`.
    """
    if settings.window != "res":
        return settings.window
    if settings.images.startswith(SHIPPED) or (settings.dims or 2) != 2:
        raise RaysysError(
            f"data.window: res looks at one flat image in a file, and data.images is {settings.images}"
            f"{' with data.dims=3' if settings.dims == 3 else ''}; give the window in pixels"
        )
    window = _representative(settings, say)
    side = settings.tile_shape[0]
    if window < side:
        raise RaysysError(
            f"{settings.images}: the representative size of {window} pixels is smaller than a tile of {side}; "
            f"set data.tile to {window} or less, or data.window to {side} or more"
        )
    return window


def _representative(settings: DataSettings, say: Callable[[str], None] | None) -> int:
    with LargeImage(settings.images, **asdict(settings.choice), kind=settings.stored_kind) as image:
        longest = max(image.shape)
        # Training and held-out tiles come from two parts of the longest axis, and each needs one window.
        parts = [longest * (1 - settings.held_out)] + ([longest * settings.held_out] if settings.held_out else [])
        return representative_window(image, phase=settings.phase, at_most=int(min(*image.shape, *parts)), say=say)
