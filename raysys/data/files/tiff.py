"""TIFF through tifffile: which of a file's images is meant, and what its tags say of the numbers."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile

from raysys.data.files.arrays import NUMBERS, Mapped, native, stream_of, wrong_type
from raysys.data.files.decoding import decoding
from raysys.data.files.source import Choice, Content, Facts, Held, Source
from raysys.data.files.tiff_pages import LARGEST_PIECE, Pages, check_length, piece_bytes
from raysys.data.files.tiff_spacing import tiff_spacing
from raysys.errors import RaysysError
from raysys.shapes import by

KIND = "a TIFF image"
# What tifffile writes into its log where pages are lost; it goes on with those before them.
LOST_PAGES = (
    "invalid page offset",
    "invalid offset to page",
    "corrupted tag list",
    "corrupted file",
    "failed to reshape",
    "incompletely written",
    "missing data",
    "failed to read",
    "not found",
)
FEWER = 4  # an image of so many times as many pixels as any other in its file is the one; the others are small copies
WHITE_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR = 0, 2, 3, 5, 6
SHADES = (0, 1, 4)  # photometric interpretations of grey values and masks
JPEG = (6, 7, 33007)  # compressions whose decoder turns YCbCr into RGB
UUID = re.compile("urn:uuid:[0-9a-fA-F-]+")  # of the files of an OME-TIFF
OPACITY = (1, 2)  # kinds of extra samples


class Stack(NamedTuple):
    """What is one image or stack: series, or pages that belong to none, of one shape, type and interpretation."""

    series: list[tifffile.TiffPageSeries]
    pages: list[Any]
    shape: tuple[int, ...]
    axes: str
    name: str = ""

    @property
    def page(self) -> Any:
        """The page whose tags stand for all."""
        return self.pages[0].keyframe

    @property
    def pixels(self) -> int:
        """Numbers in all."""
        return math.prod(self.shape)


def tiff_source(content: Content, name: str, choice: Choice) -> Source:
    """The one image or stack of a TIFF file that is meant.

    Raises
    ------
    RaysysError
        If the file is damaged or cut short, holds several images of which none is named, or says of its numbers what
        is not understood.
    """
    stream = content if isinstance(content, Path) else stream_of(content)
    with decoding(name, KIND):
        # What is uploaded may name no other file: of an OME-TIFF in several files only its own pages are read.
        tiff = tifffile.TiffFile(stream, _multifile=isinstance(content, Path))
    try:
        with decoding(name, KIND), _every_page(name):
            if not isinstance(content, Path):
                _check_alone(tiff, name)
            stacks = _stacks(tiff)
            for stack in stacks:
                len(stack.page.dataoffsets)
            stack, notices = _meant(name, stacks, choice.series, tiff.is_ome)
            return _source(tiff, stack, content, name, notices)
    except BaseException:
        tiff.close()
        raise


def _check_alone(tiff: tifffile.TiffFile, name: str) -> None:
    """Refuse an upload out of several files, of which the library would read its own pages only."""
    if tiff.is_ome and len(set(UUID.findall(tiff.ome_metadata or ""))) > 1:
        raise RaysysError(f"{name} is one of several files that are one OME-TIFF; upload one that holds all pages")


@contextmanager
def _every_page(name: str) -> Iterator[None]:
    """Refuse a file of which tifffile reads a part only: the first pages of a stack are not the stack."""
    log, said = logging.getLogger("tifffile"), _Said()
    log.addHandler(said)
    try:
        yield
    finally:
        log.removeHandler(said)
        lost = [text for text in said.texts if any(words in text.lower() for words in LOST_PAGES)]
        if lost:
            raise RaysysError(f"{name} is a TIFF file that ends too early or is damaged ({lost[0]:.120})")


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def _stacks(tiff: tifffile.TiffFile) -> list[Stack]:
    """The file's images; pages that were written one by one are one stack, but those of OME are what they are."""
    try:
        generic = any(one.kind == "generic" for one in tiff.series)
    except RuntimeError:  # the library takes pages for equal after a look at three of them, and finds that they are not
        generic = True
    if generic:
        return _stacks_of_pages(tiff)
    groups: dict[Any, list[tifffile.TiffPageSeries]] = {}
    for number, one in enumerate(tiff.series):
        groups.setdefault(number if tiff.is_ome else (one.shape, *_alike(one.keyframe)), []).append(one)
    found = []
    for series in groups.values():
        pages = [page for one in series for page in one.pages]
        lead, axes = ((len(series),), "I") if len(series) > 1 else ((), "")
        found.append(Stack(series, pages, (*lead, *series[0].shape), axes + series[0].axes, series[0].name))
    return found


def _stacks_of_pages(tiff: tifffile.TiffFile) -> list[Stack]:
    """Pages of which nothing says how they belong together: those that are alike are one stack."""
    tiff.pages.useframes = False
    pages: list[Any] = [
        tiff.pages.get(number, cache=True, validate=False, aspage=True) for number in range(len(tiff.pages))
    ]
    kept = [page for page in pages if not page.is_reduced] or pages
    groups: dict[Any, list[Any]] = {}
    for page in kept:
        groups.setdefault(_alike(page), []).append(page)
    return [
        Stack([], alike, (len(alike), *alike[0].shape), "I" + alike[0].axes)
        if len(alike) > 1
        else Stack([], alike, alike[0].shape, alike[0].axes)
        for alike in groups.values()
    ]


def _alike(page: Any) -> tuple[Any, ...]:
    return (page.shape, page.axes, str(page.dtype), int(page.photometric), _colours_of(page))


def _colours_of(page: Any) -> bytes:
    return b"" if page.colormap is None else page.colormap.tobytes()


def _meant(name: str, stacks: Sequence[Stack], series: int | None, ome: bool) -> tuple[Stack, tuple[str, ...]]:
    listing = ", ".join(f"{k}: {_words(stack)}" for k, stack in enumerate(stacks[:8])) + (", ..." * (len(stacks) > 8))
    if series is not None:
        if not 0 <= series < len(stacks):
            raise RaysysError(f"{name} holds no series {series}; its images are {listing}")
        return stacks[series], ()
    if not stacks:
        raise RaysysError(f"{name} is a TIFF file without an image; it ends too early, or is damaged")
    largest = max(stacks, key=lambda stack: stack.pixels)
    others = [stack for stack in stacks if stack is not largest]
    if not others:
        return largest, ()
    if ome or any(largest.pixels < FEWER * other.pixels for other in others):
        raise RaysysError(f"{name} holds {len(stacks)} images ({listing}); name one with series (--series 0, ...)")
    left = ", ".join(_words(stack) for stack in others[:4]) + (", ..." * (len(others) > 4))
    return largest, (f"{name} holds {_words(largest)}, which is read, and of other sizes, which is left out: {left}",)


def _words(stack: Stack) -> str:
    named = f" {stack.name!r}" if stack.name else ""
    return f"{by(stack.shape)} {stack.page.dtype}{named}"


def _source(tiff: tifffile.TiffFile, stack: Stack, content: Content, name: str, notices: tuple[str, ...]) -> Source:
    page = stack.page
    if page.dtype is None or page.dtype.kind not in NUMBERS:
        raise wrong_type(name, page.dtype)
    axes, facts = _facts(tiff, stack, name, notices)
    about = (name, stack.shape, native(page.dtype), axes, facts)
    if any(one is None for one in stack.pages):
        raise RaysysError(f"{name} is a TIFF file some of whose pages are missing (they may lie in other files)")
    offset = _offset(stack)
    if offset is not None and page.is_final and page.bitspersample % 8 == 0:
        stored = np.dtype(tiff.byteorder + page.dtype.char)
        tiff.close()
        with decoding_length(name):
            return Mapped(*about, content=content, stored=stored, offset=offset)
    pages = stack.pages
    check_length(name, tiff.filehandle.size, pages)
    size = piece_bytes(page)
    whole = page.compression != 1 and size > LARGEST_PIECE

    def decode() -> np.ndarray:
        with decoding(name, KIND), _every_page(name):
            arrays = [np.asarray(one.asarray(), native(page.dtype)) for one in stack.series or pages]
            return (arrays[0] if len(arrays) == 1 else np.stack(arrays)).reshape(stack.shape)

    plain = page.imagedepth == 1 and page.shaped[0] == 1 and len(pages) * math.prod(page.shape) == stack.pixels
    if plain and not whole:
        return Pages(*about, tiff=tiff, pages=pages, decode=decode, told_early=isinstance(content, Path))
    refusal = (
        f"{name} is compressed in pieces of {size / 2**20:,.0f} MiB, each of which must be decoded whole; save it "
        "tiled, in strips of few rows, or uncompressed"
    )
    return Held(*about, decode=decode, refusal=refusal if whole else "")


def _offset(stack: Stack) -> int | None:
    """Where the numbers begin, if they lie in the file as in memory."""
    if len(stack.series) == 1:
        return stack.series[0].dataoffset
    return int(stack.page.dataoffsets[0]) if len(stack.pages) == 1 and stack.page.is_contiguous else None


@contextmanager
def decoding_length(name: str) -> Iterator[None]:
    """Say of a file that ends too early that it is a TIFF file."""
    try:
        yield
    except RaysysError as error:
        raise RaysysError(str(error).replace(f"{name} ends", f"{name} is a TIFF file that ends", 1)) from None


def _facts(tiff: tifffile.TiffFile, stack: Stack, name: str, notices: tuple[str, ...]) -> tuple[str, Facts]:
    """Letters of the axes, and what the tags say."""
    page, axes = stack.page, stack.axes
    photometric, extra = int(page.photometric), [int(one) for one in page.extrasamples]
    opacity = bool(extra) and extra[0] in OPACITY
    facts = Facts(
        opacity=opacity,
        orientation=int(page.tags.valueof(274, default=1) or 1),
        spacing=tiff_spacing(tiff, stack.series[0] if stack.series else None, page),
        fills=(float(page.nodata),) if 42113 in page.tags else (),
        notices=notices,
    )
    if photometric in (RGB, YCBCR, SEPARATED):
        return axes, _in_colour(page, name, facts, extra)
    if photometric == PALETTE and page.colormap is not None:
        return axes, replace(facts, palette=np.ascontiguousarray(page.colormap.T))
    if photometric not in SHADES:
        held = getattr(page.photometric, "name", photometric)
        raise RaysysError(f"{name} stores its colours as {held}, which is not read; save it as RGB or grey")
    if photometric == WHITE_IS_ZERO:
        black = (1 << page.bitspersample) - 1 if page.dtype.kind in "ub" else -1
        said = f"0 is white in {name}, as its photometric tag says, so its values are inverted"
        facts = replace(facts, white_is_zero=black, notices=(*notices, said))
    if page.samplesperpixel == 2 and opacity:
        return axes, replace(facts, colours="grey")
    return axes.replace("S", "C"), facts  # several values a pixel that are no colours are channels


def _in_colour(page: Any, name: str, facts: Facts, extra: list[int]) -> Facts:
    if int(page.photometric) == YCBCR and int(page.compression) not in JPEG:
        raise RaysysError(f"{name} stores its colours as YCbCr, which is read of JPEG compression only; save it as RGB")
    inks = 4 if int(page.photometric) == SEPARATED else 3
    if page.samplesperpixel - len(extra) != inks or len(extra) > 1:
        raise RaysysError(
            f"{name} holds {page.samplesperpixel} values a pixel as {page.photometric.name}; allowed: {inks}, opacity"
        )
    return replace(facts, colours="cmyk" if inks == 4 else "rgb", opacity=bool(extra))
