import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys.data import encode_images
from raysys.data.phases import Decision
from raysys.data.sets import read_set
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.serve import Limits
from raysys.serve.encoding import as_png, encode
from raysys.serve.measuring import measure_upload
from raysys.serve.refused import RefusedError
from raysys.serve.uploads import decode_upload
from raysys.serve.values import binarised, colour_values, label_values

LIMITS = Limits(max_n=4, max_side=64)
IMAGES = (np.random.default_rng(0).random((3, 12, 20)) < 0.3).astype(np.uint8)


def picture(array: np.ndarray, kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["npy", "tif"])
def test_stacks_come_back(kind: str):
    decoded = decode_upload(encode_images(IMAGES, kind), LIMITS)
    np.testing.assert_array_equal(decoded > 0, IMAGES > 0)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_one_picture_is_a_stack_of_one(kind: str):
    np.testing.assert_array_equal(decode_upload(picture(IMAGES[0] * 255, kind), LIMITS), IMAGES[:1] * 255)


def test_sixteen_bits_and_floats_keep_their_depth():
    deep = np.arange(240, dtype=np.uint16).reshape(12, 20) * 200
    stream = io.BytesIO()
    tifffile.imwrite(stream, deep)
    np.testing.assert_array_equal(decode_upload(stream.getvalue(), LIMITS)[0], deep)
    stream = io.BytesIO()
    tifffile.imwrite(stream, deep.astype(np.float32) / 7)
    np.testing.assert_array_equal(decode_upload(stream.getvalue(), LIMITS)[0], deep.astype(np.float32) / 7)


def test_colours_become_grey():
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 1] = 200
    assert decode_upload(picture(colour, "PNG"), LIMITS).shape == (1, 8, 8)


def test_colours_stay_where_they_are_wanted():
    colour = np.random.default_rng(1).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    for upload in (picture(colour, "PNG"), _npy(colour), _npy(colour[None])):
        decoded = decode_upload(upload, LIMITS, kind="colour", channels=3)[0]
        np.testing.assert_array_equal(decoded, colour / np.float32(255))
    volume = np.stack([colour, colour[::-1]])
    found = decode_upload(_npy(volume), LIMITS, dims=3, kind="colour", channels=3)
    np.testing.assert_array_equal(found, volume[None] / np.float32(255))
    np.testing.assert_array_equal(colour_values(found[0]), found[0])
    np.testing.assert_array_equal(colour_values(volume), volume / np.float32(255))
    for wrong in (_npy(colour[..., 0]), encode_images(np.zeros((1, 8, 8), np.float32), "tif")):
        with pytest.raises(RefusedError, match="colours"):
            decode_upload(wrong, LIMITS, kind="colour", channels=3)
    with pytest.raises(RefusedError, match="floats from 0 to 1"):
        colour_values(colour.astype(np.float32))
    with pytest.raises(RefusedError, match="3 channels"):
        decode_upload(_npy(colour), Limits(max_pixels=100), kind="colour", channels=3)


def test_the_indices_of_a_palette_are_the_phases():
    form = Form("labels", (8, 8), ("pore", "grain", "clay"))
    labels = np.random.default_rng(2).integers(0, 3, (1, 8, 8), dtype=np.uint8)
    for upload in (as_png(labels[0], form), _npy(labels), encode(labels, form, "tif")):
        np.testing.assert_array_equal(label_values(decode_upload(upload, LIMITS, kind="labels"), form), labels)
    with pytest.raises(RefusedError, match="numbers 0 to 2 of the phases pore, grain, clay"):
        label_values(labels * 100, form)
    with pytest.raises(RefusedError, match="numbers 0 to 2"):
        label_values(labels / 2, form)
    with pytest.raises(RefusedError, match="labels are one number a pixel"):
        decode_upload(
            picture(np.eye(8, dtype=np.uint8)[..., None] * np.array([9, 8, 7], np.uint8), "PNG"), LIMITS, kind="labels"
        )


def _bomb() -> bytes:
    """A PNG of 60000 x 60000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=array.dtype.hasobject)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x93NUMPY",
        b"GIF89a" + bytes(40),
        picture(IMAGES[0] * 255, "PNG")[:60],
        encode_images(IMAGES, "tif")[:90],
        _npy(np.array([{"a": 1}], dtype=object)),
        _npy(IMAGES)[:-10],
        _npy(np.zeros((2, 2, 2, 2))),
        _npy(np.zeros((5, 4, 4))),
        _npy(np.zeros((65, 4))),
        _bomb(),
    ],
)
@pytest.mark.filterwarnings("ignore")  # Pillow warns before it fails on a truncated TIFF
def test_what_is_no_image_or_too_large_is_refused(data: bytes):
    with pytest.raises(RefusedError):
        decode_upload(data, LIMITS)


def hdf5(path: Path, write: Callable[[h5py.File], object]) -> bytes:
    with h5py.File(path, "w") as store:
        write(store)
    return path.read_bytes()


def test_an_upload_reads_no_file_of_the_server(tmp_path: Path):
    """Formats that may name other files: none is opened, whatever stands there."""
    secret = np.arange(240, dtype=np.uint8).reshape(12, 20)
    (tmp_path / "secret.raw").write_bytes(secret.tobytes())
    with h5py.File(tmp_path / "secret.h5", "w") as store:
        store["x"] = secret
    layout = h5py.VirtualLayout(secret.shape, np.uint8)
    layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "x", secret.shape)
    raw = [(str(tmp_path / "secret.raw"), 0, 240)]
    meta = f"NDims = 2\nDimSize = 20 12\nElementType = MET_UCHAR\nElementDataFile = {tmp_path}/secret.raw\n"
    colons = meta.replace("ElementDataFile =", "ElementDataFile :") + "ElementDataFile = LOCAL\n"
    comment = meta.replace("ElementDataFile", "Comment = ElementDataFile = LOCAL\nElementDataFile", 1)
    nrrd = f"NRRD0004\ntype: uchar\ndimension: 2\nsizes: 20 12\nencoding: raw\ndata file: {tmp_path}/secret.raw\n\n"
    uploads = [
        hdf5(tmp_path / "a.h5", lambda store: store.create_virtual_dataset("v", layout)),
        hdf5(tmp_path / "b.h5", lambda store: store.create_dataset("r", secret.shape, "u1", external=raw)),
        hdf5(tmp_path / "c.h5", lambda store: store.__setitem__("l", h5py.ExternalLink(tmp_path / "secret.h5", "x"))),
        *(text.encode() for text in (meta, colons, comment, nrrd, nrrd.replace("data file", "DATAFILE"))),
    ]
    for upload in uploads:
        with pytest.raises(RefusedError, match=r"other file|another file|which is missing|says no ElementDataFile"):
            decode_upload(upload, LIMITS)


def test_a_chunk_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as store:
        made = store.create_dataset("x", (12, 20), "u1", chunks=(12, 20), compression="gzip")
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(RefusedError, match="a chunk that is larger than it says"):
        decode_upload((tmp_path / "a.h5").read_bytes(), LIMITS)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_limits_are_looked_at_before_anything_is_unpacked(tmp_path: Path):
    large = np.zeros((100, 100), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", large, compression="zlib")
    np.savez_compressed(tmp_path / "a.npz", large)
    with h5py.File(tmp_path / "a.h5", "w") as store:
        store.create_dataset("x", data=large, compression="gzip")
    for name in ("a.tif", "a.npz", "a.h5"):
        with pytest.raises(RefusedError, match="up to 64 pixels per side"):
            decode_upload((tmp_path / name).read_bytes(), LIMITS)


def test_phase_and_threshold_decide():
    values = np.array([[[10, 10, 90, 200]] * 4], np.uint8)
    for phase, threshold, fraction in (("bright", 127, 0.25), ("dark", 127, 0.75), ("bright", 51, 0.5)):
        found, used = measure_upload(values, ("S2",), phase, threshold, "open", None)
        assert (found.phase_fraction, used) == (fraction, Decision(phase, "threshold", threshold))
    bright, used = measure_upload(IMAGES * 255, ("S2",), None, None, "open", None)
    assert bright.phase_fraction == pytest.approx(IMAGES.mean())
    assert used == Decision("bright", "two values")


def test_an_upload_is_segmented_as_the_command_line_does_it(tmp_path: Path):
    deep = np.random.default_rng(0).integers(0, 4096, (2, 16, 16), np.uint16)
    np.save(tmp_path / "deep.npy", deep)
    for phase, threshold in (("dark", 1000.5), ("bright", None), (None, None)):
        uploaded, _ = binarised(deep, phase, threshold)
        found = read_set([str(tmp_path / "deep.npy")], phase=phase, threshold=threshold)
        np.testing.assert_array_equal(uploaded, found.images)
    for phase, threshold, expected in ((None, 0.3, "threshold 0.3 is no stored value"), (None, None, "4 values")):
        with pytest.raises(RaysysError, match=expected):
            binarised(deep if threshold else deep % 4, phase, threshold)


def test_an_image_of_one_value_is_refused():
    with pytest.raises(RaysysError, match="one grey level"):
        measure_upload(np.zeros((1, 8, 8), np.uint8), ("S2",), "bright", None, "open", None)
