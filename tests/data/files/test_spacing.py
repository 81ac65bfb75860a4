"""How far apart pixels are: read from every format that says it, in its own units, and read from what a user types."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import SimpleITK
import tifffile
import zarr

from raysys.data import DataSettings, prepare, write_images
from raysys.data.files.image_file import ImageFile
from raysys.data.files.source import Choice
from raysys.data.prepared_files import mapped_tiles, prepared_folder
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_of, spacing_or_none

CHANCE = np.random.default_rng(0)
FLAT, VOLUME = CHANCE.integers(0, 2, (20, 24)).astype(np.uint8), CHANCE.integers(0, 2, (6, 20, 24)).astype(np.uint8)
FEI = "[User]\r\nDate=1\r\n[Scan]\r\nPixelWidth=1.5e-09\r\nPixelHeight=1.5e-09\r\n"


def imagej(path: Path) -> None:
    how = {"axes": "ZYX", "spacing": 5.0, "unit": "\\u00B5m"}
    tifffile.imwrite(path, VOLUME, imagej=True, metadata=how, resolution=(1 / 2.25, 1 / 2.5))


def ome(path: Path) -> None:
    sizes = {"PhysicalSizeX": 20, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 20, "PhysicalSizeYUnit": "nm"}
    depth = {"PhysicalSizeZ": 50, "PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(path, VOLUME, ome=True, metadata={"axes": "ZYX"} | sizes | depth)


def medical(unit: int | None = None) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        image = SimpleITK.GetImageFromArray(VOLUME)
        image.SetSpacing((0.5, 1.0, 3.0))
        if unit is not None:
            image.SetMetaData("xyzt_units", str(unit))
        SimpleITK.WriteImage(image, str(path))

    return write


def hdf5(path: Path, **attributes: object) -> None:
    with h5py.File(path, "w") as store:
        store["image"] = VOLUME
        store["image"].attrs.update(attributes)


def netcdf(path: Path) -> None:
    with h5py.File(path, "w") as store:
        store["image"] = VOLUME
        for axis, (name, step) in enumerate({"z": 4.0, "y": 2.0, "x": 2.0}.items()):
            store[name] = np.arange(VOLUME.shape[axis]) * step
            store[name].attrs["units"] = "micrometer"
            store[name].make_scale(name)
            store["image"].dims[axis].attach_scale(store[name])


def ome_zarr(path: Path) -> None:
    group = zarr.open_group(str(path), mode="w", zarr_format=3)
    group.create_array("0", data=VOLUME, chunks=(2, 8, 8))
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2.0, 0.5, 0.5]}]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": levels}]}


@pytest.mark.parametrize(
    ("name", "write", "expected"),
    [
        ("imagej.tif", imagej, Spacing((5.0, 2.5, 2.25), "um")),
        ("image.ome.tif", ome, Spacing((50.0, 20.0, 20.0), "nm")),
        ("cm.tif", lambda p: tifffile.imwrite(p, FLAT, resolution=(25_000, 25_000), resolutionunit=3), "4e-05 cm"),
        ("print.tif", lambda p: tifffile.imwrite(p, FLAT, resolution=(300, 300), resolutionunit=2), None),
        ("no_unit.tif", lambda p: tifffile.imwrite(p, FLAT, resolution=(25_000, 25_000), resolutionunit=1), None),
        ("bare.tif", lambda p: tifffile.imwrite(p, FLAT), None),
        ("fei.tif", lambda p: tifffile.imwrite(p, FLAT, extratags=[(34682, 2, 0, FEI, True)]), "1.5e-09 m"),
        ("a.mha", medical(), Spacing((3.0, 1.0, 0.5))),
        ("a.nrrd", medical(), Spacing((3.0, 1.0, 0.5))),
        ("a.nii", medical(), Spacing((3.0, 1.0, 0.5), "mm")),
        ("a.h5", lambda p: hdf5(p, element_size_um=[5.0, 2.25, 2.25]), Spacing((5.0, 2.25, 2.25), "um")),
        ("b.h5", lambda p: hdf5(p, voxel_size=0.7, unit="nm"), Spacing((0.7, 0.7, 0.7), "nm")),
        ("c.h5", lambda p: hdf5(p, voxel_size="large"), None),
        ("a.nc", netcdf, Spacing((4.0, 2.0, 2.0), "um")),
        ("a.zarr", ome_zarr, Spacing((2.0, 0.5, 0.5), "um")),
        ("a.npy", lambda p: np.save(p, VOLUME), None),
    ],
)
def test_a_file_says_how_far_apart_its_pixels_are(
    tmp_path: Path, name: str, write: Callable[[Path], object], expected: Spacing | str | None
):
    write(tmp_path / name)
    with ImageFile(tmp_path / name) as image:
        if isinstance(expected, Spacing):
            assert image.spacing is not None
            assert image.spacing.unit == expected.unit
            assert image.spacing.sizes == pytest.approx(expected.sizes)
        else:
            assert (image.spacing if expected is None else str(image.spacing)) == expected


def test_a_channel_and_an_axis_of_length_one_have_no_size(tmp_path: Path):
    how = {"axes": "ZCYX", "spacing": 5.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "a.tif", np.stack([VOLUME] * 2, 1), imagej=True, metadata=how, resolution=(0.5, 0.5))
    with ImageFile(tmp_path / "a.tif", Choice(channel=1)) as image:
        assert image.spacing == Spacing((5.0, 2.0, 2.0), "um")


def test_an_image_that_lay_on_its_side_has_its_sizes_turned(tmp_path: Path):
    tag = [(274, 3, 1, 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", FLAT, resolution=(20_000, 10_000), resolutionunit=3, extratags=tag)
    with ImageFile(tmp_path / "a.tif") as image:
        assert image.shape == (24, 20)
        assert image.spacing is not None
        assert image.spacing.sizes == pytest.approx((1 / 20_000, 1 / 10_000))


def test_what_a_user_types():
    assert spacing_of("0.4um") == Spacing((0.4,), "um")
    assert spacing_of("5um,2.25um,2.25um") == spacing_of("5, 2.25, 2.25 µm") == Spacing((5.0, 2.25, 2.25), "um")
    assert spacing_of("2e-3 mm") == Spacing((0.002,), "mm")
    assert spacing_of("0.4um").of_axes(3) == Spacing((0.4, 0.4, 0.4), "um")
    assert spacing_of("5um,2um,2um").of_axes(2) == Spacing((2.0, 2.0), "um")
    for wrong in ("0.4", "um", "-1um", "0um", "1um,2nm", "1um,2um,3um,4um", "1 parsec", "nan um", "1um,"):
        with pytest.raises(RaysysError, match="write a number with its unit"):
            spacing_of(wrong)


def test_words_and_metres():
    assert str(Spacing((5.0, 2.25, 2.25), "um")) == "5 x 2.25 x 2.25 um"
    assert str(Spacing((0.4, 0.4), "um")) == "0.4 um"
    assert Spacing((2.0, 1.0)).metres is None
    assert Spacing((2.0, 1.0), "um").metres == pytest.approx((2e-6, 1e-6))
    assert Spacing((2.0, 1.0), "um").times(4) == Spacing((8.0, 4.0), "um")
    assert spacing_or_none([None, 2.0, 3.0], "pixel") == Spacing((2.0, 3.0))
    assert spacing_or_none([1.0, 1.0, 1.0]) is None
    assert spacing_or_none([1.0, 0.0, 2.0], "angstrom") == Spacing((0.2,), "nm")


def test_tiles_know_their_pixels_and_prepared_files_keep_them(tmp_path: Path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.repeat(FLAT, 2, 0) * 255, resolution=(20_000, 20_000), resolutionunit=3)
    settings = DataSettings(images=str(path), tile=4, stride=4, downscale=2)
    found = prepare(settings).provenance["spacing"]
    assert found == {"sizes": pytest.approx((1e-4, 1e-4)), "unit": "cm"}
    folder = prepared_folder(settings, tmp_path / "kept")
    kept = mapped_tiles(folder, settings)
    assert kept is not None
    assert kept.provenance["spacing"] == found
    given = prepare(settings.model_copy(update={"pixel_size": "3nm"}))
    assert given.provenance["spacing"] == {"sizes": (6.0, 6.0), "unit": "nm"}


def test_flat_tiles_of_a_stack_have_the_pixels_of_its_slices(tmp_path: Path):
    imagej(tmp_path / "stack.tif")
    settings = DataSettings(images=str(tmp_path / "stack.tif"), dims=2, tile=3, stride=3, downscale=2, phase=1)
    spacing = prepare(settings).provenance["spacing"]
    assert spacing == {"sizes": pytest.approx((5.0, 4.5)), "unit": "um"}


@pytest.mark.parametrize("suffix", ["tif", "npz"])
@pytest.mark.parametrize(
    ("images", "spacing"),
    [
        (FLAT[None], Spacing((0.8, 0.8), "um")),
        (VOLUME, Spacing((3.0, 2.0), "nm")),  # many flat images
        (VOLUME[None], Spacing((5.0, 2.25, 2.0), "um")),
        (np.stack([VOLUME, 1 - VOLUME]), Spacing((5.0, 2.25, 2.0), "mm")),
        (FLAT[None], Spacing((2.0, 1.0))),  # of which the ratio alone is known
        (FLAT[None], Spacing((1 / 300, 1 / 300), "cm")),
    ],
)
def test_what_is_written_with_its_size_says_it_again(tmp_path: Path, suffix: str, images: np.ndarray, spacing: Spacing):
    path = tmp_path / f"a.{suffix}"
    write_images(path, images, spacing=spacing)
    with ImageFile(path) as image:
        assert image.spacing == spacing
