"""Files of class numbers, of probabilities, and pictures of both; all are checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raysys.cli.parts.terminal import by, wrote
from raysys.errors import RaysysError
from raysys.files import folder_written_aside, written_aside
from raysys.spacing import Spacing, tiff_options

FORMATS = (".tif", ".tiff", ".npy", ".npz", ".png", "")


def check_outputs(output: Path, probabilities: Path | None, overlays: Path | None, *, count: int) -> None:
    """Raise RaysysError for a format that there is not, one picture for several images, or a folder that is in use."""
    if output.suffix.lower() not in FORMATS:
        raise RaysysError(f"-o {output}: unknown format; allowed: .tif, .npy, .npz, .png, or a new folder (no suffix)")
    if output.suffix.lower() == ".png" and count > 1:
        raise RaysysError(f"-o {output} is one picture and there are {count} images; name a folder, or a .tif")
    if probabilities is not None and probabilities.suffix.lower() != ".npz":
        raise RaysysError(f"--probabilities {probabilities}: unknown format; allowed: .npz")
    for folder in (None if output.suffix else output, overlays):
        if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RaysysError(f"{folder} already exists and is not an empty folder; name a new one")


def check_stack(output: Path, shapes: list[tuple[int, ...]]) -> None:
    """Raise RaysysError if images of several sizes are to be one array."""
    if output.suffix and len(set(shapes)) > 1:
        first, other = shapes[0], next(shape for shape in shapes if shape != shapes[0])
        raise RaysysError(
            f"-o {output} is a stack, and the images have {by(first)} and {by(other)} pixels; name a folder (no suffix)"
        )


def write_labels(output: Path, images: list[Path], labels: list[np.ndarray], sizes: Sequence[Spacing | None]) -> None:
    """Class numbers as they are, uint8: dark to the eye, exact to programs.

    `sizes` say of each image how far its pixels are apart: kept in .tif and .npz, where all of a stack have one size.
    """
    import tifffile
    from PIL import Image

    suffix = output.suffix.lower()
    if not suffix:
        with folder_written_aside(output) as aside:
            for name, each in zip(named(images), labels, strict=True):
                Image.fromarray(each).save(aside / f"{name}.png")
        return wrote(output, f"{len(labels)} label images")
    stack = np.stack(labels)
    spacing = sizes[0] if all(one == sizes[0] for one in sizes) else None
    with written_aside(output) as aside:
        if suffix == ".png":
            Image.fromarray(stack[0]).save(aside)
        elif suffix == ".npy":
            np.save(aside, stack)
        elif suffix == ".npz":
            np.savez_compressed(aside, labels=stack, **({} if spacing is None else spacing.fields))
        else:
            # Labels shrink to little, and every reader of TIFF knows this compression.
            tifffile.imwrite(aside, stack, photometric="minisblack", compression="zlib", **tiff_options(spacing))
    return wrote(output, f"labels of {by(stack.shape)} pixels")


def write_probabilities(path: Path, likely: dict[str, np.ndarray], classes: tuple[str, ...]) -> None:
    """An array float32 (classes, H, W) of each image, under its name."""
    with written_aside(path) as aside:
        np.savez_compressed(aside, **likely)  # type: ignore[arg-type]
    wrote(path, f"probabilities (classes, rows, columns) of {', '.join(classes)}")


def write_overlays(
    folder: Path, images: list[Path], stored: list[np.ndarray], labels: list[np.ndarray], truths: list[np.ndarray]
) -> None:
    """A picture of each image: classes in colour, and beside masks, where there are any, what differs."""
    from PIL import Image

    from raysys.data.pairs import compared, overlay
    from raysys.grey_levels import grey_limits, on_grey_scale

    with folder_written_aside(folder) as aside:
        for place, name in enumerate(named(images)):
            grey = on_grey_scale(stored[place], grey_limits(stored[place]))
            picture = compared(grey, labels[place], truths[place]) if truths else overlay(grey, labels[place])
            Image.fromarray(picture).save(aside / f"{name}.png")
    wrote(folder, "image, mask, labels, errors side by side" if truths else "classes in colour")


def named(images: list[Path]) -> list[str]:
    """Names of the images' files without suffix, numbered where two have one name."""
    stems = [file.stem for file in images]
    # Images of several folders may have one name; one must not replace the other.
    return [stem if stems.count(stem) == 1 else f"{place:05d}_{stem}" for place, stem in enumerate(stems)]
