"""From paths on the command line to images (N, H, W) or (N, D, H, W); what was decided on the way is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from raysys.cli.parts.terminal import by, notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

BARE = (".raw", ".bin")  # files that do not say what they hold
MANY = 32  # levels; an image of more is hardly one of labels
FEW = 8  # levels; an image of no more is hardly a grey one


class Set(NamedTuple):
    """Images (N, ...) of one size, whole numbers, and the value of the phase of interest in them."""

    images: np.ndarray
    phase: int


def read_binary(paths: Sequence[str], *, phase: str, dims: int = 2) -> np.ndarray:
    """Read files of equally large images; grey ones are segmented at Otsu's threshold, which is said.

    Parameters
    ----------
    paths
        As `raysys.data.read_images` takes them.
    phase
        "bright", "dark", or the stored value of the phase as text.
    dims
        Axes of one image.

    Returns
    -------
    (N, H, W) or (N, D, H, W) uint8 in {0, 1}, 1 = phase of interest

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, or the files' images differ in size.
    """
    return _together(paths, [_with_sample_axis(_binary(path, _stored(path), phase), path, dims) for path in paths])


def read_set(
    paths: Sequence[str],
    *,
    phase: str,
    dims: int = 2,
    threshold: float | None = None,
    shape: Sequence[int] | None = None,
    dtype: str | None = None,
    dataset: str | None = None,
) -> Set:
    """Read files of equally large images, with labels as they are stored; grey ones are segmented.

    Parameters
    ----------
    paths, phase, dims
        As for `read_binary`.
    threshold
        Stored grey value above which a pixel is bright; by default Otsu's, which is said.
    shape, dtype, dataset
        As `raysys.data.read_images` takes them.

    Returns
    -------
    Set
        Labels under a stored value as phase; otherwise uint8 in {0, 1}, whose phase is 1.

    Raises
    ------
    RaysysError
        If a file cannot be read, has one grey level or no labels, or the files' images differ in size.
    """
    how = {"shape": shape, "dtype": dtype, "dataset": dataset}
    given = {name: value for name, value in how.items() if value is not None}
    of_labels = phase not in ("bright", "dark")
    value = _value(phase) if of_labels else 1.0
    if of_labels and threshold is not None:
        raise RaysysError(f"--threshold is for --phase bright or dark, and --phase is {phase}, a stored value")
    parts = []
    for path in paths:
        stored = _with_sample_axis(_stored(path, **given), path, dims)
        parts.append(_labels(path, stored, value) if of_labels else _binary(path, stored, phase, threshold))
    return Set(_together(paths, parts), int(value) if value.is_integer() else 1)


def read_grey(paths: Sequence[str], *, phase: str, dims: int = 2) -> np.ndarray:
    """Read files of equally large images as grey values (N, H, W) or (N, D, H, W), float32 in [0, 1].

    Parameters
    ----------
    paths, dims
        As for `read_binary`.
    phase
        "bright", or "dark" to reverse them.

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, the files' images differ in size, or the phase is a value.
    """
    from raysys.data import to_grey

    if phase not in ("bright", "dark"):
        raise RaysysError(f"--phase is {phase}, a stored value, and grey values have none; allowed: bright or dark")
    parts = []
    for path in paths:
        try:
            parts.append(to_grey(_with_sample_axis(_stored(path), path, dims)))
        except RaysysError as error:
            raise RaysysError(str(error) if path in str(error) else f"{path}: {error}") from None
    grey = _together(paths, parts)
    return grey if phase == "bright" else 1 - grey


def _stored(path: str, **how: Any) -> np.ndarray:
    from raysys.data import read_images

    if path.lower().endswith(BARE) and not {"shape", "dtype"} <= set(how):
        raise RaysysError(
            f"{path} is a raw file, which does not say what it holds; give --raw-shape (slowest axis first) and "
            "--raw-dtype (uint8, >u2, ...)"
        )
    return read_images(path, **how)


def _together(paths: Sequence[str], parts: list[np.ndarray]) -> np.ndarray:
    import numpy as np

    for path, part in zip(paths, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise RaysysError(
                f"{path} has images of {by(part.shape[1:])} pixels but {paths[0]} of {by(parts[0].shape[1:])}; "
                "images of one set must be of one size (cut them with `raysys data tile`)"
            )
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _binary(path: str, stored: np.ndarray, phase: str, threshold: float | None = None) -> np.ndarray:
    import numpy as np

    from raysys.data import is_binary, phase_of_value, segment, to_grey

    try:
        if phase not in ("bright", "dark"):
            return phase_of_value(stored, _value(phase))
        if threshold is not None:
            return _beyond(stored, phase, threshold)
        if is_binary(stored):  # as `segment` would, without a volume's grey values
            return (stored == (stored.max() if phase == "bright" else stored.min())).view(np.uint8)
        found = segment(to_grey(stored), phase=phase)
    except RaysysError as error:
        raise RaysysError(f"{path}: {error}") from None
    levels = _levels(stored)
    of_phases = stored.dtype.kind in "ui" and len(levels) <= FEW
    taken = (
        f"holds {len(levels)} values ({', '.join(f'{level:g}' for level in levels)}) and"
        if of_phases
        else "is grey, so it"
    )
    advice = (
        "if they are phases, name one: --phase VALUE"
        if of_phases
        else "for denoising and other thresholds: raysys data segment"
    )
    notice(f"{path} {taken} was segmented at Otsu's threshold: {phase} phase, fraction {found.mean():.4f} ({advice})")
    return found


def _beyond(stored: np.ndarray, phase: str, threshold: float) -> np.ndarray:
    """uint8: the pixels above the threshold, or the others."""
    import numpy as np

    bright = stored > threshold
    if bright.all() or not bright.any():
        raise RaysysError(
            f"--threshold {threshold:g} leaves one phase only; its values run from {stored.min():g} to {stored.max():g}"
        )
    return (bright if phase == "bright" else ~bright).view(np.uint8)


def _labels(path: str, stored: np.ndarray, value: float) -> np.ndarray:
    """Whole numbers; of a float image only if it holds no others."""
    import numpy as np

    levels = _levels(stored)
    listed = f"{', '.join(f'{level:g}' for level in levels[:6])}{', ...' if len(levels) > 6 else ''}"
    held = f"more than {MANY} values" if len(levels) > MANY else f"{len(levels)} values"
    if stored.dtype.kind == "f" and any(not float(level).is_integer() for level in levels):
        raise RaysysError(
            f"{path} is grey: it holds {held} ({listed}), and --phase {value:g} asks for the stored value of a label "
            "image; segment it with --phase bright or dark and --threshold T, or with `raysys data segment`"
        )
    if len(levels) > MANY and (stored == value).any():
        notice(
            f"{path} holds {held}; phase {value:g} is the pixels of this value alone (a grey image is segmented with "
            "--phase bright or dark)"
        )
    if not value.is_integer():
        raise RaysysError(f"{path}: no pixel has the value {value:g}; the image holds {held}: {listed}")
    return stored.astype(np.int64) if stored.dtype.kind == "f" else stored


def _levels(stored: np.ndarray) -> list[float]:
    """The values that occur, ascending; of more than MANY only those of the first images."""
    import numpy as np

    found: set[float] = set()
    for one in stored:
        found |= {float(level) for level in np.unique(one)}
        if len(found) > MANY:
            break
    return sorted(found)


def _value(phase: str) -> float:
    try:
        return float(phase)
    except ValueError:
        raise RaysysError(f"--phase is {phase!r}; allowed: bright, dark, or the phase's stored value") from None


def _with_sample_axis(image: np.ndarray, path: str, dims: int) -> np.ndarray:
    if image.ndim == dims:
        return image[None]
    if image.ndim == dims + 1:
        return image
    raise RaysysError(
        f"{path} holds an array of {by(image.shape)}, and --dims is {dims}; allowed: one image of {dims} axes, or a "
        "stack of them"
    )
