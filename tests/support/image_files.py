"""Image files as the libraries of their formats write them, each with what is right: an array, or a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

CHANCE = np.random.default_rng(7)
GREY = CHANCE.integers(0, 200, (40, 56)).astype(np.uint8)
BINARY = (GREY > 120).astype(np.uint8)
LABELS = (GREY // 70).astype(np.uint8)
VOLUME = CHANCE.integers(0, 250, (6, 40, 56)).astype(np.uint8)
COLOURS = CHANCE.integers(0, 256, (40, 56, 3)).astype(np.uint8)
LIKELY = CHANCE.random((40, 56)).astype(np.float32)
BOTH = np.stack([1 - LIKELY, LIKELY], -1)
LUMINANCE = np.array([0.2125, 0.7154, 0.0721])
HUES = [[0, 0, 0], [255, 0, 0], [0, 255, 0]] + [[0, 0, 0]] * 253


def grey_of(colours: np.ndarray) -> np.ndarray:
    """Luminance, by the weights of ITU-R BT.709."""
    return colours @ LUMINANCE / np.iinfo(colours.dtype).max


@dataclass
class File:
    """One file.

    `right` is the array, or a pattern of the sentence; `chosen` are choices with their arrays; `uploaded` says whether
    the file can be uploaded on its own, and of how many axes one image is then; `exact` whether numbers are equal to
    the last bit (luminance is not).
    """

    write: Callable[[Path], Any]
    right: Any
    chosen: list[tuple[dict[str, Any], np.ndarray]] = field(default_factory=list)
    uploaded: bool = True
    exact: bool = True
    dims: int = 2


FILES: dict[str, File] = {}


def add(name: str, write: Callable[[Path], Any], right: Any, **more: Any) -> None:
    """Note a file under the name that it is to have."""
    assert name not in FILES
    FILES[name] = File(write, right, **more)


def tiff(array: np.ndarray, **how: Any) -> Callable[[Path], None]:
    """Write by tifffile; a grey image unless `photometric` says otherwise."""
    import tifffile

    return lambda path: tifffile.imwrite(path, array, **{"photometric": "minisblack"} | how)


def pages(*arrays: np.ndarray, **how: Any) -> Callable[[Path], None]:
    """Write pages one by one."""
    import tifffile

    def write(path: Path) -> None:
        with tifffile.TiffWriter(path) as writer:
            for array in arrays:
                writer.write(array, contiguous=False, photometric="minisblack", **how)

    return write


def picture(array: np.ndarray, mode: str | None = None, palette: list[list[int]] | None = None, **how: Any):
    """Write by Pillow."""
    from PIL import Image

    def write(path: Path) -> None:
        image = Image.fromarray(array) if mode is None else Image.fromarray(array).convert(mode)
        if palette is not None:
            image.putpalette(np.array(palette, np.uint8).tobytes())
        image.save(path, **how)

    return write


def cut(write: Callable[[Path], Any], share: float) -> Callable[[Path], None]:
    """Write a part of a file only."""

    def short(path: Path) -> None:
        write(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])

    return short


def _tiffs() -> None:
    for how in ("zlib", "lzw", "packbits", "zstd", "lzma", "deflate"):
        add(f"{how}.tif", tiff(GREY, compression=how), GREY)
    add("predictor.tif", tiff(GREY.astype(np.uint16) * 300, compression="lzw", predictor=True), GREY * np.uint16(300))
    add("tiles.tif", tiff(GREY, tile=(16, 32), compression="zlib"), GREY)
    add("strips.tif", tiff(GREY, rowsperstrip=7), GREY)
    add("big.tif", tiff(GREY, bigtiff=True), GREY)
    add("motorola.tif", tiff(GREY.astype(np.uint16), byteorder=">", compression="lzw"), GREY.astype(np.uint16))
    for kind in ("int8", "int16", "uint32", "int32", "float32", "float64"):
        numbers = (GREY.astype(np.float64) - 90).astype(kind) if kind != "uint32" else GREY.astype(kind) * 21_000_000
        for how in (None, "lzw"):
            add(f"{kind}_{how}.tif", tiff(numbers, compression=how), numbers)
    for how in (None, "zlib", "packbits", "lzw"):
        add(f"white_is_0_{how}.tif", tiff(255 - GREY, photometric="miniswhite", compression=how), GREY)
    add("white_is_0_deep.tif", tiff(65_535 - GREY.astype(np.uint16), photometric="miniswhite"), GREY.astype(np.uint16))
    add("white_is_0_bits.tif", tiff(BINARY == 0, photometric="miniswhite"), BINARY == 1)
    add("bits.tif", tiff(BINARY == 1), BINARY == 1)
    hues = np.zeros((3, 256), np.uint16)
    hues[0, 1] = hues[1, 2] = 65_535
    for how in (None, "lzw"):
        add(f"labels_{how}.tif", tiff(LABELS, photometric="palette", colormap=hues, compression=how), LABELS)
    add("rgb.tif", tiff(COLOURS, photometric="rgb"), grey_of(COLOURS), exact=False)
    add("rgb_grey.tif", tiff(np.stack([GREY] * 3, -1), photometric="rgb", compression="lzw"), GREY)
    planes = np.moveaxis(COLOURS, -1, 0)
    add("planes.tif", tiff(planes, photometric="rgb", planarconfig="separate"), grey_of(COLOURS), exact=False)
    deep = COLOURS.astype(np.uint16) * 257
    add("rgb16.tif", tiff(deep, photometric="rgb", compression="lzw"), grey_of(deep), exact=False)
    opaque = np.dstack([COLOURS, GREY])
    add("rgba.tif", tiff(opaque, photometric="rgb", extrasamples=["unassalpha"]), grey_of(COLOURS), exact=False)
    add("opacity.tif", tiff(np.dstack([GREY, BINARY]), extrasamples=["unassalpha"]), GREY)
    ink = np.dstack([255 - GREY] * 3 + [np.zeros_like(GREY)])
    add("cmyk.tif", tiff(ink, photometric="separated", compression="zlib"), GREY)
    add("lab.tif", tiff(COLOURS, photometric="cielab"), "stores its colours as CIELAB, which is not read")
    add("two_samples.tif", tiff(np.dstack([GREY, LABELS]), planarconfig="contig"), "2 channels .axis 2 of 40 x 56 x 2",
        chosen=[({"channel": 1}, LABELS)])  # fmt: skip
    for number in (2, 3, 6, 8):
        turned = {2: GREY[:, ::-1], 3: GREY[::-1, ::-1], 6: GREY.T[:, ::-1], 8: GREY.T[::-1]}[number]
        add(f"turned_{number}.tif", tiff(GREY, extratags=[(274, 3, 1, number, True)]), turned)
    add("volumetric.tif", tiff(np.repeat(VOLUME, 3, 0)[:16], volumetric=True, tile=(16, 16, 16)),
        np.repeat(VOLUME, 3, 0)[:16])  # fmt: skip
    add(
        "nodata.tif",
        tiff(GREY.astype(np.float32) - 5, extratags=[(42113, 2, 3, "-5", True)]),
        "says stands for missing",
    )
    add("short.tif", cut(tiff(VOLUME, compression="zlib"), 0.7), "ends too early|cannot be read as a TIFF")
    add("short_raw.tif", cut(tiff(VOLUME), 0.7), "ends too early|cannot be read as a TIFF")


def _stacks() -> None:
    small, two = np.ascontiguousarray(VOLUME[0, ::4, ::4]), np.stack([VOLUME, VOLUME[::-1]])
    add("stack.tif", tiff(VOLUME), VOLUME)
    add("stack_lzw.tif", tiff(VOLUME, compression="lzw"), VOLUME)
    add("one_by_one.tif", pages(*VOLUME), VOLUME)
    add("overview_first.tif", pages(small, *VOLUME, metadata=None), VOLUME)
    add("overview_last.tif", pages(*VOLUME, small, metadata=None), VOLUME)
    add("overview_between.tif", pages(*VOLUME[:3], small, *VOLUME[3:], metadata=None), VOLUME)
    add("cropped.tif", pages(*(VOLUME[k, : 40 - k].copy() for k in range(4)), metadata=None),
        "holds 4 images .*name one with series", chosen=[({"series": 2}, VOLUME[2, :38])])  # fmt: skip
    add("imagej.tif", tiff(VOLUME, photometric=None, imagej=True, metadata={"axes": "ZYX"}), VOLUME)
    add("imagej_cyx.tif", tiff(two[:, 0], photometric=None, imagej=True, metadata={"axes": "CYX"}),
        "2 channels .axis 0 of 2 x 40 x 56, whose axes are CYX", chosen=[({"channel": 1}, VOLUME[-1])])  # fmt: skip
    swapped = np.moveaxis(two, 0, 1)
    add("imagej_zcyx.tif", tiff(swapped, photometric=None, imagej=True, metadata={"axes": "ZCYX"}),
        "2 channels .axis 1", chosen=[({"channel": 0}, VOLUME)])  # fmt: skip
    add("imagej_tyx.tif", tiff(VOLUME, photometric=None, imagej=True, metadata={"axes": "TYX"}),
        "6 times", chosen=[({"time": 4}, VOLUME[4])])  # fmt: skip
    add("volume.ome.tif", tiff(VOLUME, ome=True, compression="zlib", metadata={"axes": "ZYX"}), VOLUME)
    add("czyx.ome.tif", tiff(two, ome=True, metadata={"axes": "CZYX"}), "2 channels",
        chosen=[({"channel": 1}, VOLUME[::-1])])  # fmt: skip

    def image_and_label(path: Path) -> None:
        import tifffile

        with tifffile.TiffWriter(path, ome=True) as writer:
            writer.write(GREY, metadata={"axes": "YX", "Name": "image"})
            writer.write(LABELS, metadata={"axes": "YX", "Name": "label"})

    add("two_images.ome.tif", image_and_label, "2 images .*'image'.*'label'.*series", chosen=[({"series": 1}, LABELS)])

    def pyramid(path: Path) -> None:
        import tifffile

        with tifffile.TiffWriter(path) as writer:
            writer.write(GREY, subifds=1, tile=(16, 16), compression="zlib")
            writer.write(GREY[::2, ::2], subfiletype=1, tile=(16, 16), compression="zlib")

    add("pyramid.tif", pyramid, GREY)


def _pictures() -> None:
    from PIL import Image

    for suffix in ("png", "bmp"):
        add(f"grey.{suffix}", picture(GREY), GREY)
        add(f"bits.{suffix}", picture(BINARY == 1), BINARY == 1)
        add(f"rgb.{suffix}", picture(COLOURS), grey_of(COLOURS), exact=False)
        add(f"labels.{suffix}", picture(LABELS, palette=HUES), LABELS)
    add("deep.png", picture(GREY.astype(np.uint16) * 300), GREY * np.uint16(300))
    shades = [[255 - k] * 3 for k in range(256)]
    add("shades.png", picture(GREY, palette=shades), 255 - GREY)
    many = [[k, 255 - k, k // 2] for k in range(256)]
    add("photograph.png", picture(GREY, palette=many), grey_of(np.array(many, np.uint8)[GREY]), exact=False)
    add("rgba.png", picture(np.dstack([COLOURS, GREY])), grey_of(COLOURS), exact=False)
    add("opacity.png", picture(np.dstack([GREY, BINARY])), GREY)
    add("grey_as_rgb.png", picture(np.dstack([GREY] * 3)), GREY)
    add("short.png", cut(picture(GREY), 0.5), "cannot be read as a PNG image")

    def deep_colours(path: Path) -> None:
        import imagecodecs

        path.write_bytes(imagecodecs.png_encode(COLOURS.astype(np.uint16) * 257))

    add("rgb16.png", deep_colours, grey_of(COLOURS.astype(np.uint16) * 257), exact=False)
    smooth = np.add.outer(np.arange(40), np.arange(56)).astype(np.uint8)

    def decoded(path: Path) -> np.ndarray:
        picture(smooth)(path)
        with Image.open(path) as image:
            return np.asarray(image)

    add("grey.jpg", picture(smooth), decoded)
    turned = Image.Exif()
    turned[274] = 6
    add("turned.jpg", picture(smooth, exif=turned), lambda path: decoded(path).T[:, ::-1])
    add("group4.tif", picture(BINARY == 1, compression="group4"), BINARY == 1)


def _arrays() -> None:
    add("u1.npy", lambda path: np.save(path, GREY), GREY)
    add("fortran.npy", lambda path: np.save(path, np.asfortranarray(VOLUME)), VOLUME)
    add("big_endian.npy", lambda path: np.save(path, GREY.astype(">f8")), GREY.astype(np.float64))
    narrow = np.ascontiguousarray(VOLUME[:, :, :3])
    add("narrow.npy", lambda path: np.save(path, narrow), narrow, dims=3)
    add("likely.npy", lambda path: np.save(path, np.moveaxis(BOTH, -1, 0)), "2 channels .axis 0 of 2 x 40 x 56",
        chosen=[({"channel": 1}, LIKELY)])  # fmt: skip
    gaps = LIKELY.copy()
    gaps[3, 5] = np.nan
    add("nan.npy", lambda path: np.save(path, gaps), "holds 1 NaN or infinite values among 2,240")
    filled = np.where(LIKELY > 0.9, np.float32(-3.4e38), LIKELY)
    add("filled.npy", lambda path: np.save(path, filled), r"values as large as -3.4e\+38 .*stand for missing")
    add("complex.npy", lambda path: np.save(path, GREY * 1j), "values of type complex128")
    add("objects.npy", lambda path: np.save(path, np.array([[{}, {}]] * 2), allow_pickle=True), "pickled objects")
    add("short.npy", cut(lambda path: np.save(path, GREY), 0.5), "ends too early")
    add("one.npz", lambda path: np.savez_compressed(path, image=VOLUME, spacing=np.ones(3)), VOLUME)
    add("two.npz", lambda path: np.savez(path, a=GREY, b=VOLUME), r"2 arrays .*a \(40, 56\), b \(6, 40, 56\)",
        chosen=[({"dataset": "b"}, VOLUME)])  # fmt: skip
    add("letter.npy", lambda path: path.write_bytes(b"\x93NUMPY a letter"), "cannot be read as an NPY array")


def _hdf5() -> None:
    import h5py

    def store(**arrays: Any) -> Callable[[Path], None]:
        def write(path: Path) -> None:
            with h5py.File(path, "w") as file:
                for name, array in arrays.items():
                    file[name] = array

        return write

    def tagged(path: Path, array: np.ndarray, attributes: dict[str, Any], **how: Any) -> None:
        with h5py.File(path, "w") as file:
            made = file.create_dataset("exported_data", data=array, **how)
            made.attrs.update(attributes)

    def virtual(path: Path, there: bool) -> None:
        store(slices=VOLUME)(path.with_name("part.hdf5"))
        layout = h5py.VirtualLayout(VOLUME.shape, np.uint8)
        layout[:] = h5py.VirtualSource("part.hdf5" if there else "gone.hdf5", "slices", VOLUME.shape)
        with h5py.File(path, "w") as file:
            file.create_virtual_dataset("joined", layout)

    axes = json.dumps({"axes": [{"key": key} for key in "yxc"]})
    add("one.h5", store(image=GREY.astype(">u2")), GREY.astype(np.uint16))
    add("gzip.h5", lambda path: tagged(path, VOLUME, {}, chunks=(2, 8, 8), compression="gzip"), VOLUME)
    add("two.h5", store(a=GREY, b=VOLUME), "2 arrays that may be images", chosen=[({"dataset": "a"}, GREY)])
    add("ilastik.h5", lambda path: tagged(path, BOTH, {"axistags": axes}), "2 channels .axis 2 .*YXC",
        chosen=[({"channel": 0}, BOTH[..., 0])])  # fmt: skip
    add("untagged.h5", lambda path: tagged(path, BOTH[None], {}), "2 channels .axis 3",
        chosen=[({"channel": 1}, LIKELY)])  # fmt: skip
    add("soft.h5", store(image=GREY, other=h5py.SoftLink("/image")), GREY)
    add("broken.h5", store(image=h5py.SoftLink("/gone")), "holds a link to /gone, which is missing")
    add(
        "matlab.mat",
        lambda path: tagged(path, np.swapaxes(VOLUME, -1, -2), {"MATLAB_class": np.bytes_("uint8")}),
        VOLUME,
    )
    add(
        "fill.nc",
        lambda path: tagged(path, GREY.astype(np.float32), {"_FillValue": np.float32(0)}),
        "stands for missing",
    )
    add("linked.h5", store(image=h5py.ExternalLink("gone.hdf5", "/x")), "link to gone.hdf5:/x, which is missing")
    add("virtual.h5", lambda path: virtual(path, True), VOLUME, uploaded=False)
    add("virtual_gone.h5", lambda path: virtual(path, False), "keeps a part of /joined in .*gone.hdf5, which is",
        uploaded=False)  # fmt: skip


def _medical() -> None:
    import SimpleITK as sitk  # noqa: N813 - as its own examples name it

    def write(array: np.ndarray, vector: bool = False, packed: bool = False) -> Callable[[Path], None]:
        return lambda path: sitk.WriteImage(sitk.GetImageFromArray(array, isVector=vector), str(path), packed)

    for suffix in ("mha", "nrrd", "nii", "nii.gz"):
        add(f"volume.{suffix}", write(VOLUME), VOLUME)
        add(f"signed.{suffix}", write(VOLUME.astype(np.int16) - 99), VOLUME.astype(np.int16) - 99)
    for suffix in ("mha", "nrrd"):
        add(f"packed.{suffix}", write(VOLUME, packed=True), VOLUME)
        add(f"vector.{suffix}", write(np.dstack([GREY, LABELS]), vector=True), "2 channels .axis 2",
            chosen=[({"channel": 1}, LABELS)])  # fmt: skip
    add("volume.mhd", write(VOLUME), VOLUME, uploaded=False)
    add("volume.nhdr", write(VOLUME), VOLUME, uploaded=False)
    add("times.nii", write(np.stack([VOLUME, VOLUME[::-1]])), "2 times", chosen=[({"time": 1}, VOLUME[::-1])])
    for suffix in ("nii", "nii.gz", "nrrd", "mha"):
        add(f"short.{suffix}", cut(write(VOLUME), 0.6), "bytes of|cannot be read|ends too early")


def _zarr() -> None:
    import zarr

    def ome(path: Path) -> None:
        group = zarr.open_group(str(path), mode="w", zarr_format=2)
        for level, step in enumerate((1, 2)):
            group.create_array(
                str(level), data=np.stack([VOLUME, VOLUME[::-1]])[..., ::step, ::step], chunks=(1, 2, 16, 16)
            )
        axes = [
            {"name": "c", "type": "channel"},
            *({"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"),
        ]
        levels = [
            {
                "path": str(k),
                "coordinateTransformations": [{"type": "scale", "scale": [1, 2.0, 0.5 * 2**k, 0.5 * 2**k]}],
            }
            for k in (0, 1)
        ]
        group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": levels}]

    def flat(path: Path, edition: Any) -> None:
        zarr.create_array(str(path), data=GREY, chunks=(16, 16), zarr_format=edition)

    for edition in (2, 3):
        add(f"flat{edition}.zarr", lambda path, edition=edition: flat(path, edition), GREY, uploaded=False)
    add("image.ome.zarr", ome, "2 channels .axis 0", chosen=[({"channel": 1}, VOLUME[::-1])], uploaded=False)


for _write in (_tiffs, _stacks, _pictures, _arrays, _hdf5, _medical, _zarr):
    _write()
