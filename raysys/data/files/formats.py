"""Which format a file has: its first bytes say it, its name only where they do not."""

from __future__ import annotations

from pathlib import Path

from raysys.data.files.source import Choice, Content, Source
from raysys.errors import RaysysError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
HDF5 = (".h5", ".hdf5", ".nc", ".mat")
ITK = (".mhd", ".mha", ".nrrd", ".nhdr", ".nii", ".nii.gz")
BARE = (".raw", ".bin")  # files that do not say what they hold
FORMATS = (*PICTURES, ".npy", ".npz", *HDF5, ".zarr", *BARE, *ITK)
UPLOADS = "PNG, JPEG, BMP, TIFF, NPY, NPZ, HDF5, NRRD, NIfTI and MetaImage (.mha) files"
HEAD = 544  # bytes that are looked at
MAGIC = (
    (b"\x93NUMPY", ".npy"),
    (b"PK\x03\x04", ".npz"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"BM", ".bmp"),
    *((mark, ".tif") for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"\x89HDF\r\n\x1a\n", ".h5"),
    (b"NRRD000", ".nrrd"),
    (b"\x1f\x8b", ".nii.gz"),
    (b"ObjectType", ".mha"),
    (b"NDims", ".mha"),
)
NIFTI = {344: (b"n+1\0",), 4: (b"n+2\0",)}  # place of the mark
MATLAB_BLOCK = 512  # bytes before HDF5's own mark in MATLAB's files
OLDER = {
    b"MATLAB 5.0": "MATLAB file of an older version; save it with -v7.3",
    b"CDF": "NetCDF file of version 3; save it as NetCDF 4",
}


def source_of(content: Content, name: str, choice: Choice) -> Source:
    """The array in a file or an upload.

    Raises
    ------
    RaysysError
        For an unknown format, or whatever is wrong with the file.
    """
    if isinstance(content, Path) and content.is_dir():
        from raysys.data.files.zarr_store import zarr_source

        return zarr_source(content, choice)
    return _opened(content, name, format_of(content, name), choice)


def format_of(content: Content, name: str) -> str:
    """The suffix that files of this kind have.

    Raises
    ------
    RaysysError
        If neither content nor name says it.
    """
    if isinstance(content, Path):
        with content.open("rb") as stream:
            head = stream.read(HEAD)
    else:
        head = content[:HEAD]
    suffix = _suffix(Path(name)) if isinstance(content, Path) else ""
    if suffix in BARE:  # their bytes may look like anything
        return suffix
    found = _of_bytes(head)
    for mark, said in OLDER.items():
        if head.startswith(mark) and found is None:
            raise RaysysError(f"{name} is a {said}")
    if found == ".nrrd" and suffix == ".nhdr":
        return suffix
    if found is None and suffix not in FORMATS:
        if isinstance(content, Path):
            known = ", ".join(format[1:] for format in FORMATS)
            raise RaysysError(f'{name} has the unknown format "{suffix or Path(name).name}"; readable are {known}')
        raise RaysysError(f"{name} is of no format that is known")
    return found or suffix


def _suffix(file: Path) -> str:
    return ".nii.gz" if file.name.lower().endswith(".nii.gz") else file.suffix.lower()


def _of_bytes(head: bytes) -> str | None:
    for mark, suffix in MAGIC:
        if head.startswith(mark):
            return suffix
    if any(head[place : place + 4] in marks for place, marks in NIFTI.items()):
        return ".nii"
    return ".h5" if head[MATLAB_BLOCK:].startswith(b"\x89HDF\r\n\x1a\n") else None


def _opened(content: Content, name: str, suffix: str, choice: Choice) -> Source:
    # Loaded when asked for: tifffile, Pillow, h5py and SimpleITK take their time.
    if suffix in (".tif", ".tiff"):
        from raysys.data.files.tiff import tiff_source

        return tiff_source(content, name, choice)
    if suffix in PICTURES:
        from raysys.data.files.pictures import picture_source

        return picture_source(content, name, {".png": "PNG", ".bmp": "BMP"}.get(suffix, "JPEG"))
    if suffix in HDF5:
        from raysys.data.files.hdf5 import hdf5_source

        return hdf5_source(content, name, choice)
    if suffix in ITK:
        from raysys.data.files.itk import itk_source

        return itk_source(content, name, suffix)
    from raysys.data.files.arrays import npy_source, npz_source, raw_source

    if suffix in BARE and isinstance(content, Path):
        return raw_source(content, choice)
    return npz_source(content, name, choice) if suffix == ".npz" else npy_source(content, name)
