"""Every format comes back as it was stored, and every mistake is one sentence."""

import contextlib
import tracemalloc
import zlib

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys import RaysysError
from raysys.data import is_binary, read_images, write_images
from raysys.data.files.image_file import ImageFile
from raysys.data.files.reading import FORMATS, SHIPPED, fingerprint

FLAT = (np.arange(20 * 30).reshape(20, 30) % 251).astype(np.uint8)
VOLUME = (np.arange(5 * 6 * 7).reshape(5, 6, 7) % 251).astype(np.uint8)


def one_sentence(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 600
    return text


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_pictures_keep_their_pixels(tmp_path, suffix):
    Image.fromarray(FLAT).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_images(tmp_path / f"a.{suffix}"), FLAT)


def test_sixteen_bit_png_and_one_bit_png(tmp_path):
    deep = FLAT.astype(np.uint16) * 200
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_images(tmp_path / "deep.png"), deep)
    Image.fromarray(FLAT > 100).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_images(tmp_path / "bits.png"), FLAT > 100)


def test_grey_saved_as_colour_keeps_its_levels_and_colour_becomes_luminance(tmp_path):
    Image.fromarray(np.stack([FLAT] * 3, -1)).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_images(tmp_path / "grey.png"), FLAT)
    colour = np.stack([FLAT, FLAT[::-1], FLAT[:, ::-1], np.full_like(FLAT, 9)], -1)
    Image.fromarray(colour).save(tmp_path / "colour.png")
    expected = colour[..., :3] @ np.array([0.2125, 0.7154, 0.0721]) / 255
    np.testing.assert_allclose(read_images(tmp_path / "colour.png"), expected, atol=1e-6)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_tiff_stacks_whatever_their_compression(tmp_path, compression):
    pages = [Image.fromarray(page) for page in VOLUME]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression=compression)
    np.testing.assert_array_equal(read_images(tmp_path / "a.tif"), VOLUME)


def test_tiff_with_planar_colours_is_one_grey_image(tmp_path):
    tifffile.imwrite(tmp_path / "a.tiff", np.stack([FLAT] * 3), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_images(tmp_path / "a.tiff"), FLAT)


def test_a_tiff_written_page_by_page_is_one_stack(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for page in VOLUME:
            tiff.write(page, contiguous=False)
    np.testing.assert_array_equal(read_images(tmp_path / "a.tif"), VOLUME)
    with tifffile.TiffWriter(tmp_path / "preview.tif") as tiff:
        tiff.write(FLAT, contiguous=False)
        tiff.write(FLAT[::2, ::2], contiguous=False)
    np.testing.assert_array_equal(read_images(tmp_path / "preview.tif"), FLAT)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"metadata": None}, {"imagej": True}])
@pytest.mark.parametrize("kept", [0.1, 0.3, 0.6, 0.9])
def test_a_truncated_stack_is_never_read_as_its_first_pages(tmp_path, options, kept):
    volume = np.random.default_rng(0).integers(0, 2, (12, 64, 64), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", volume, **options)
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(RaysysError, match=r"a\.tif (cannot be read as a TIFF image|is a TIFF file that ends)") as error:
        read_images(tmp_path / "a.tif")
    one_sentence(error)


def test_an_ome_tiff_out_of_several_files_is_whole_or_refused(tmp_path):
    parts = [tmp_path / f"part{k}.ome.tif" for k in range(2)]
    for k, part in enumerate(parts):
        tifffile.imwrite(part, VOLUME[k : k + 1], ome=True, metadata={"axes": "ZYX"})
    said = tifffile.tiffcomment(parts[0]).replace('SizeZ="1"', 'SizeZ="2"')
    other = tifffile.tiffcomment(parts[1]).split('UUID="')[1].split('"')[0]
    second = f'<TiffData FirstZ="1" IFD="0" PlaneCount="1"><UUID FileName="part1.ome.tif">{other}</UUID></TiffData>'
    tifffile.tiffcomment(parts[0], said.replace("</Pixels>", f"{second}</Pixels>").encode())
    np.testing.assert_array_equal(read_images(parts[0]), VOLUME[:2])
    with (
        pytest.raises(RaysysError, match="one of several files that are one OME-TIFF"),
        ImageFile(parts[0].read_bytes()),
    ):
        pass
    parts[1].unlink()
    with pytest.raises(RaysysError, match=r"ends too early or is damaged .*failed to read 'part1\.ome\.tif'") as error:
        read_images(parts[0])
    one_sentence(error)


def test_arrays(tmp_path):
    np.save(tmp_path / "a.npy", VOLUME[None])
    np.savez(tmp_path / "a.npz", VOLUME)
    np.savez(tmp_path / "b.npz", first=FLAT, second=VOLUME)
    np.testing.assert_array_equal(read_images(tmp_path / "a.npy"), VOLUME)
    np.testing.assert_array_equal(read_images(tmp_path / "a.npz"), VOLUME)
    np.testing.assert_array_equal(read_images(tmp_path / "b.npz", dataset="second"), VOLUME)
    with pytest.raises(RaysysError, match=r"holds 2 arrays .*first \(20, 30\), second \(5, 6, 7\).*dataset"):
        read_images(tmp_path / "b.npz")


def test_an_npz_may_hold_numbers_beside_its_image(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", image=VOLUME, spacing=np.ones(3), name=np.array("rock"))
    np.testing.assert_array_equal(read_images(tmp_path / "a.npz"), VOLUME)
    np.savez(tmp_path / "b.npz", spacing=np.ones(3))
    with pytest.raises(RaysysError, match="holds no array of numbers with two axes"):
        read_images(tmp_path / "b.npz")


def test_hdf5_by_name_or_the_only_one(tmp_path):
    with h5py.File(tmp_path / "one.h5", "w") as store:
        store["scan/voxels"] = VOLUME
        store["scan/spacing"] = np.ones(3)  # no image: does not count
    with h5py.File(tmp_path / "two.hdf5", "w") as store:
        store["x"], store["y"] = FLAT, VOLUME
    np.testing.assert_array_equal(read_images(tmp_path / "one.h5"), VOLUME)
    np.testing.assert_array_equal(read_images(tmp_path / "two.hdf5", dataset="/y"), VOLUME)
    with pytest.raises(RaysysError, match=r"x \(20, 30\), y \(5, 6, 7\).*dataset") as error:
        read_images(tmp_path / "two.hdf5")
    one_sentence(error)
    with pytest.raises(RaysysError, match='no array "z"; there are: x'):
        read_images(tmp_path / "two.hdf5", dataset="z")


def test_raw_needs_shape_and_dtype_that_fit(tmp_path):
    (tmp_path / "a.raw").write_bytes(VOLUME.astype(">u2").tobytes())
    read = read_images(tmp_path / "a.raw", shape=(5, 6, 7), dtype=">u2")
    np.testing.assert_array_equal(read, VOLUME)
    assert read.dtype == np.uint16
    assert read.flags.writeable
    for options, found in [
        ({}, "420 bytes and shape and dtype is missing"),
        ({"shape": (5, 6, 7)}, "dtype is missing"),
        ({"shape": (5, 6, 8), "dtype": ">u2"}, "420 bytes of voxels, but 5 x 6 x 8 values of >u2 are 480 bytes"),
        ({"shape": (-5, -6, 7), "dtype": ">u2"}, "check shape"),
        ({"shape": (5, 6, 7), "dtype": "pixels"}, '"pixels" is no number type'),
        ({"shape": (5, 6, 7), "dtype": "O"}, '"O" is no number type'),
    ]:
        with pytest.raises(RaysysError, match=found) as error:
            read_images(tmp_path / "a.raw", **options)
        one_sentence(error)


def test_a_large_raw_file_of_another_size_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "a.raw").open("wb") as file:
        file.truncate(2**31)  # sparse: 2 GB that take no room, until somebody reads them
    tracemalloc.start()
    for shape, dtype, found in [
        ((1000, 1000, 1000), "u1", r"2,147,483,648 bytes of voxels, but 1000 x 1000 x 1000 values of uint8 are 1,000,"),
        ((1024, 1024, 1024), "u1", r"1,073,741,824 bytes \(the file has 2 bytes for each\); check shape and dtype"),
        ((1024, 1024, 2048), "f8", r"17,179,869,184 bytes"),
        ((0, 1024, 1024), "u1", "are 0 bytes"),
    ]:
        with pytest.raises(RaysysError, match=found) as error:
            read_images(tmp_path / "a.raw", shape=shape, dtype=dtype)
        one_sentence(error)
    (tmp_path / "a.mhd").write_text("NDims = 3\nDimSize = 9 9 9\nElementType = MET_UCHAR\nElementDataFile = a.raw\n")
    with pytest.raises(RaysysError, match="2,147,483,648 bytes of voxels, but 9 x 9 x 9"):
        read_images(tmp_path / "a.mhd")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_compressed_file_is_not_inflated_beyond_its_stated_size(tmp_path):
    (tmp_path / "a.data").write_bytes(zlib.compress(bytes(200_000_000)))
    header = "NDims = 2\nDimSize = 9 9\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = a.data\n"
    (tmp_path / "a.mhd").write_text(header)
    tracemalloc.start()
    with pytest.raises(RaysysError, match="82 bytes of voxels, but 9 x 9 values of uint8 are 81"):
        read_images(tmp_path / "a.mhd")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("compressed", [False, True])
def test_metaimage(tmp_path, compressed):
    content = VOLUME.astype(">i2").tobytes()
    (tmp_path / "a.data").write_bytes(zlib.compress(content) if compressed else b"skipped" + content)
    header = (
        "ObjectType = Image\nNDims = 3\nDimSize = 7 6 5\nElementType = MET_SHORT\nBinaryDataByteOrderMSB = True\n"
        + ("CompressedData = True\n" if compressed else "HeaderSize = -1\n")
        + "ElementDataFile = a.data\n"
    )
    (tmp_path / "a.mhd").write_text(header)
    np.testing.assert_array_equal(read_images(tmp_path / "a.mhd"), VOLUME)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("hello", "cannot be read as a MetaImage.*DimSize"),
        ("NDims = 2\nDimSize = 2 2\nElementType = MET_THING\nElementDataFile = a.raw", "cannot be read as a MetaImage"),
        (
            "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = b.raw",
            '"b.raw", which does not lie beside',
        ),
        ("NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = ../a.raw", "does not lie beside"),
        ("NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = a.raw", "3 bytes of voxels"),
        (
            "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = a.raw",
            "zlib-compressed",
        ),
    ],
)
def test_metaimage_mistakes(tmp_path, header, found):
    (tmp_path / "a.raw").write_bytes(b"abc")
    (tmp_path / "a.mhd").write_text(header)
    with pytest.raises(RaysysError, match=found) as error:
        read_images(tmp_path / "a.mhd")
    one_sentence(error)


@pytest.mark.parametrize("suffix", [f for f in FORMATS if f not in (".raw", ".bin", ".mhd")])
def test_a_file_that_is_no_image(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"this is a letter, not an image")
    with pytest.raises(RaysysError, match=f"a{suffix} cannot be read as a") as error:
        read_images(tmp_path / f"a{suffix}")
    one_sentence(error)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "npy", "npz", "h5"])
@pytest.mark.filterwarnings("ignore:.*data larger than file")
def test_damaged_files_are_one_sentence_or_an_image(tmp_path, suffix):
    file, rng = tmp_path / f"a.{suffix}", np.random.default_rng(0)
    if suffix == "h5":
        with h5py.File(file, "w") as store:
            store.create_dataset("x", data=FLAT, compression="gzip")
    elif suffix == "bmp":
        Image.fromarray(FLAT).save(file)
    else:
        write_images(file, FLAT[None])
    whole = file.read_bytes()
    for _ in range(25):
        damaged = bytearray(whole)
        damaged[rng.integers(0, len(whole))] ^= 255
        for content in (damaged, whole[: rng.integers(0, len(whole))]):
            file.write_bytes(content)
            with contextlib.suppress(RaysysError):
                assert read_images(file).ndim >= 2


def test_missing_file_unknown_format_and_empty_folder(tmp_path):
    with pytest.raises(RaysysError, match=r"nothing\.tif does not exist"):
        read_images(tmp_path / "nothing.tif")
    (tmp_path / "a.doc").write_text("")
    with pytest.raises(RaysysError, match=r'unknown format ".doc"; readable are png.*mhd'):
        read_images(tmp_path / "a.doc")
    with pytest.raises(RaysysError, match="holds no picture"):
        read_images(tmp_path)


def test_nan_pickles_text_and_vectors_are_refused(tmp_path):
    bad = FLAT.astype(np.float32)
    bad[3, 4] = np.nan
    np.save(tmp_path / "nan.npy", bad)
    with pytest.raises(RaysysError, match=r"nan\.npy holds 1 NaN or infinite values among 600"):
        read_images(tmp_path / "nan.npy")
    np.save(tmp_path / "pickle.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(RaysysError, match=r"pickle\.npy cannot be read"):
        read_images(tmp_path / "pickle.npy")
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    with pytest.raises(RaysysError, match="values of type <U1"):
        read_images(tmp_path / "text.npy")
    np.save(tmp_path / "vector.npy", np.arange(9))
    with pytest.raises(RaysysError, match=r"shape \(9,\), which is no image"):
        read_images(tmp_path / "vector.npy")


def test_empty_arrays_and_single_pixels_are_no_images(tmp_path):
    for array, found in [
        (np.zeros((0, 5), np.uint8), r"a\.npy holds no pixel \(its array has shape \(0, 5\)\)"),
        (np.ones((1, 1), np.uint8), r"a\.npy holds one pixel only"),
        (np.ones((7, 1), np.uint8), r"shape \(7, 1\), which is no image"),
    ]:
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(RaysysError, match=found):
            read_images(tmp_path / "a.npy")


def test_a_folder_is_a_stack_in_the_order_of_names(tmp_path):
    for name, page in zip("bca", VOLUME, strict=False):
        Image.fromarray(page).save(tmp_path / f"{name}.png")
    np.testing.assert_array_equal(read_images(tmp_path), VOLUME[[2, 0, 1]])
    Image.fromarray(FLAT).save(tmp_path / "d.png")
    with pytest.raises(RaysysError, match=r"d\.png has \(20, 30\).*a\.png beside it has \(6, 7\)"):
        read_images(tmp_path)


def test_shipped_images_need_no_download():
    for name in SHIPPED:
        assert read_images(f"skimage:{name}").ndim == 2
    with pytest.raises(RaysysError, match=r'no image "skin"; its images are .*gravel'):
        read_images("skimage:skin")


def test_fingerprint_is_the_files_sha256(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"abc")
    assert fingerprint(tmp_path / "a.npy").startswith("ba7816bf8f01cfea")
    assert fingerprint("skimage:gravel") != fingerprint("skimage:grass")


def test_real_volume_micrograph_and_photograph(shared_image):
    berea = read_images(shared_image("rock3d/dpm_berea_110.tif"))
    assert berea.shape == (110, 110, 110)
    assert is_binary(berea)
    assert round(float(berea.mean()), 4) == 0.1779
    slice0 = read_images(shared_image("rock2d_binary/diffsci_berea_slice0.png"))
    assert is_binary(slice0)
    assert round(float((slice0 == 255).mean()), 4) == 0.2606
    rock = read_images(shared_image("rock2d_grey/bse_rock.jpg"))
    assert rock.ndim == 2
    assert rock.dtype == np.uint8


def test_real_sixteen_bit_volume(shared_image):
    rock = read_images(shared_image("rock3d_grey/quantimpy_rock_100.tif"))
    assert rock.shape == (100, 100, 100)
    assert rock.dtype == np.uint16
