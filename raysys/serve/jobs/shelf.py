"""Folders of jobs: uploads, what a job goes on from, its picture and its files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from raysys.files import sha256, written_aside
from raysys.serve.jobs.record import ResultFile
from raysys.serve.jobs.work import RESULTS, UPLOADS, WORK
from raysys.serve.refused import RefusedError

PICTURE = "picture.png"
# By their first bytes: names and declared types of uploads are not trusted.
SUFFIXES = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"II": ".tif",
    b"MM": ".tif",
    b"BM": ".bmp",
    b"\x93NUMPY": ".npy",
    b"PK": ".npz",
}


class Shelf:
    """Jobs' folders below one folder that all replicas see.

    A shelf elsewhere, such as a bucket, overrides `folder` to bring what is kept of a job to a folder of this machine,
    `shelve` to bring its files there, and `read`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, job: str) -> Path:
        """Where the job is worked at."""
        return self._root / job

    def take(self, job: str, uploads: Mapping[str, bytes]) -> Path:
        """Keep the uploads of a new job.

        Raises
        ------
        RefusedError
            If the first bytes of one are those of no kind of file that is read.
        """
        folder = self.folder(job)
        for name, content in uploads.items():
            suffix = next((suffix for start, suffix in SUFFIXES.items() if content.startswith(start)), None)
            if suffix is None:
                raise RefusedError(
                    f"the upload {name!r} is no image that is read here; allowed: PNG, TIFF, JPEG, BMP, NumPy arrays, "
                    "and .npz where a characterisation is meant"
                )
            with written_aside(folder / UPLOADS / f"{name}{suffix}") as aside:
                aside.write_bytes(content)
        (folder / UPLOADS).mkdir(parents=True, exist_ok=True)
        return folder

    def show(self, job: str, picture: bytes) -> None:
        """Replace what the job looks like so far."""
        with written_aside(self.folder(job) / PICTURE) as aside:
            aside.write_bytes(picture)

    def picture(self, job: str) -> bytes | None:
        """What the job looks like so far, a PNG."""
        path = self.folder(job) / PICTURE
        return path.read_bytes() if path.is_file() else None

    def has_picture(self, job: str) -> bool:
        """Whether there is anything to see."""
        return (self.folder(job) / PICTURE).is_file()

    def shelve(self, job: str) -> tuple[ResultFile, ...]:
        """The files that the job has left, with their checksums; what it went on from is removed."""
        folder = self.folder(job)
        files = [_file(path) for path in sorted((folder / RESULTS).iterdir())]
        self.clear(job)
        return tuple(files)

    def clear(self, job: str) -> None:
        """Remove what a job went on from, which it will not any more."""
        shutil.rmtree(self.folder(job) / WORK, ignore_errors=True)

    def read(self, job: str, name: str, start: int, length: int) -> bytes:
        """A part of a file; `name` is one that `shelve` has listed, and never one of a request."""
        with (self.folder(job) / RESULTS / name).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def remove(self, job: str) -> None:
        """Remove all that is kept of a job."""
        shutil.rmtree(self.folder(job), ignore_errors=True)


def _file(path: Path) -> ResultFile:
    return ResultFile(path.name, path.stat().st_size, sha256(path))
