"""Uploads that would kill or stop whoever reads them."""

import io
import os
import signal
import struct
from collections.abc import Iterator

import numpy as np
import pytest
import tifffile

from raysys.data import encode_images
from raysys.serve import Limits
from raysys.serve.decoding.apart import Decoder
from raysys.serve.refused import RefusedError
from raysys.serve.uploads import decode_upload

LIMITS = Limits(max_n=4, max_side=64)
IMAGES = (np.random.default_rng(0).random((3, 12, 20)) < 0.3).astype(np.uint8)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    made = Decoder(LIMITS)
    yield made
    made.stop()


def pages(count: int) -> bytes:
    """A TIFF file of so many pages of one pixel, each 42 bytes."""
    head, entries = struct.pack("<2sHI", b"II", 42, 8), []
    tags = [(256, 1), (257, 1), (258, 8), (262, 1), (273, 8), (279, 1)]
    length = 2 + 12 * len(tags) + 4
    for number in range(count):
        after = 8 + length * (number + 1) if number + 1 < count else 0
        page = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        entries.append(struct.pack("<H", len(tags)) + page + struct.pack("<I", after))
    return head + b"".join(entries)


def brackets() -> bytes:
    """An npy file whose header is a thousand open brackets."""
    header = b"(" * 60_000 + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def test_it_reads_what_the_reader_reads(decoder: Decoder):
    stream = io.BytesIO()
    tifffile.imwrite(stream, IMAGES.astype(np.uint16) * 1000, photometric="minisblack")
    for data in (encode_images(IMAGES, "npy"), encode_images(IMAGES, "tif"), stream.getvalue()):
        found, expected = decoder.decode(data), decode_upload(data, LIMITS)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        found[0, 0, 0] = 1  # it may be written into
    colours = np.random.default_rng(1).random((2, 8, 8, 3)).astype(np.float32)
    found = decoder.decode(encode_images(colours, "npy"), kind="colour", channels=3)
    np.testing.assert_array_equal(found, colours)


def test_pages_are_counted_before_any_is_read(decoder: Decoder):
    # In the time that the process has, which is seconds; where each page becomes an object, it takes minutes.
    with pytest.raises(RefusedError, match="of more than 8192 pages"):
        decoder.decode(pages(110_000))
    circle = struct.pack("<2sHIHI", b"II", 42, 8, 0, 8)
    with pytest.raises(RefusedError, match="or of pages in a circle"):
        decoder.decode(circle)


@pytest.mark.parametrize("upload", [brackets(), encode_images(IMAGES, "tif")[:-30], encode_images(IMAGES, "tif")[:200]])
def test_damage_is_a_refusal(decoder: Decoder, upload: bytes):
    with pytest.raises(RefusedError) as refused:
        decoder.decode(upload)
    assert (refused.value.status, "upload" in str(refused.value)) == (422, True)
    np.testing.assert_array_equal(decoder.decode(encode_images(IMAGES, "npy")), IMAGES)


@pytest.mark.parametrize("fatal", [signal.SIGKILL, signal.SIGSTOP])
def test_a_reader_that_dies_or_hangs_is_replaced(fatal: signal.Signals):
    decoder = Decoder(Limits(decode_s=1.5))
    upload = encode_images(IMAGES, "npy")
    decoder.decode(upload)
    os.kill(decoder._child.pid, fatal)
    if fatal == signal.SIGKILL:
        # Dead before it is asked, it is replaced unnoticed.
        decoder._child.wait()
    else:
        with pytest.raises(RefusedError, match=r"not been decoded within 1\.5 s"):
            decoder.decode(upload)
    decoder._limits = Limits(decode_s=60)
    np.testing.assert_array_equal(decoder.decode(upload), IMAGES)
    decoder.stop()
