"""MetaImage, NRRD and NIfTI through SimpleITK."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.decoding import decoding, missing_package
from raysys.data.files.itk_headers import META, NIFTI, NRRD, check_header, check_voxels, nrrd_field
from raysys.data.files.source import Content, Facts, Held, Source
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_or_none, unit_of

NAMES = {".mhd": META, ".mha": META, ".nrrd": NRRD, ".nhdr": NRRD, ".nii": NIFTI, ".nii.gz": NIFTI}
READERS = {META: "MetaImageIO", NRRD: "NrrdImageIO", NIFTI: "NiftiImageIO"}
AXES = {META: "QZYX", NRRD: "QZYX", NIFTI: "TZYX"}  # the fourth axis of NIfTI is time
NIFTI_UNITS = (1, 2, 3)  # metres, millimetres, micrometres in the lowest bits of xyzt_units; SimpleITK gives mm


def itk_source(content: Content, name: str, suffix: str) -> Source:
    """The voxels of a file whose axes SimpleITK knows, slowest first.

    Raises
    ------
    RaysysError
        If the package is missing, the file is damaged or short, or names a data file that does not lie beside it; of
        uploads, if it names any other file.
    """
    try:
        import SimpleITK  # noqa: F401 - found or not, before anything is looked at
    except ImportError:
        raise missing_package(name, NAMES[suffix], "SimpleITK") from None

    def opened(act: Callable[[Path], Any]) -> Any:
        """Do something with the file; of an upload with a copy that is gone afterwards."""
        if isinstance(content, Path):
            return act(content)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"upload{suffix}"
            file.write_bytes(content)
            return act(file)

    kind, alone = NAMES[suffix], not isinstance(content, Path)
    source: Held = opened(lambda file: _described(file, name, kind, alone=alone))
    source.decode = lambda: opened(lambda file: _array(file, source, kind))
    return source


def _described(file: Path, name: str, kind: str, *, alone: bool) -> Held:
    with decoding(name, kind):
        check_header(file, name, kind, alone=alone)
    with _itk(file, name, kind):
        reader = _reader(file, kind)
        reader.ReadImageInformation()
    size, values = reader.GetSize()[::-1], reader.GetNumberOfComponents()
    dtype = _dtype(reader, name)
    axes = AXES[kind][-len(size) :] if len(size) <= len(AXES[kind]) else "Q" * len(size)
    colour = values in (3, 4) and "rgb" in _said(reader, "NRRD_kinds[pixel]").lower()
    facts = Facts("rgb" if colour else "", opacity=colour and values == 4, spacing=_spacing(reader, file, kind))
    if values == 1:
        return Held(name, size, dtype, axes, facts)
    return Held(name, (*size, values), dtype, axes + ("S" if colour else "C"), facts)


def _array(file: Path, source: Held, kind: str) -> np.ndarray:
    """All voxels, once it is known that they are there."""
    import SimpleITK

    values = source.shape[-1] if source.axes[-1] in "CS" else 1
    with decoding(source.name, kind):
        check_voxels(file, source.name, kind, source.shape, source.dtype, values)
    with _itk(file, source.name, kind):
        return np.asarray(SimpleITK.GetArrayFromImage(_reader(file, kind).Execute()))


@contextmanager
def _itk(file: Path, name: str, kind: str) -> Iterator[None]:
    """One sentence for what SimpleITK says, whose last line is its reason."""
    try:
        yield
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if line and not line.startswith("Reason")]
        said = re.sub(r"\(0x[0-9a-f]+\)", "", lines[-1]).replace(str(file), name) if lines else "its voxels"
        raise RaysysError(f"{name} cannot be read as {kind}: SimpleITK says {said[:200]}") from error


def _reader(file: Path, kind: str) -> Any:
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO(READERS[kind])  # no other of the library's many formats is tried
    reader.SetFileName(str(file))
    return reader


def _dtype(reader: Any, name: str) -> np.dtype:
    import SimpleITK

    kind = SimpleITK.GetPixelIDValueAsString(reader.GetPixelID())
    words = kind.removeprefix("vector of ").split()
    letter = {"unsigned": "u", "signed": "i", "float": "f"}.get(words[1] if len(words) > 1 else "", "")
    if not letter or not words[0].endswith("-bit"):
        raise RaysysError(f"{name} holds values of type {kind}; images are of bool, integer or float numbers")
    return np.dtype(f"{letter}{int(words[0].removesuffix('-bit')) // 8}")


def _said(reader: Any, key: str) -> str:
    return str(reader.GetMetaData(key)) if reader.HasMetaDataKey(key) else ""


def _spacing(reader: Any, file: Path, kind: str) -> Spacing | None:
    """NIfTI and NRRD may say a unit, MetaImage says none."""
    sizes, unit = [float(size) for size in reader.GetSpacing()[::-1]][-3:], ""
    if kind == NIFTI:
        code = _said(reader, "xyzt_units").strip()
        unit = "mm" if code.isdigit() and int(code) % 8 in NIFTI_UNITS else ""
    elif kind == NRRD:
        units = {unit_of(one)[0] for one in re.findall(r'"([^"]*)"', nrrd_field(file, "space units"))}
        unit = units.pop() if len(units) == 1 else ""
    return spacing_or_none(sizes, unit)
