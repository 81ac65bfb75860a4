"""Files as microscopes, tomographs and segmentation programs write them: what the commands make of each."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.ndimage import gaussian_filter
from typer.testing import Result

from raysys.data import LargeImage, gaussian_random_field
from raysys.serve import Limits
from raysys.serve.measuring import measure_upload
from raysys.serve.uploads import decode_upload
from raysys.stats import Characterisation

Run = Callable[..., Result]
Refused = Callable[..., str]

FLAT = gaussian_random_field((48, 64), correlation_length=2.0, phase_fraction=0.3, seed=3)[0]
VOLUME = gaussian_random_field((12, 48, 64), correlation_length=2.0, phase_fraction=0.3, seed=2)[0]
WHITE = np.uint8(255)


def fraction_of(raysys: Run, *arguments: object) -> float:
    """The phase fraction of a set, as the command has saved it."""
    result = raysys("stats", *arguments, "--descriptors", "S2", "--r-max", 2, "--save", "s.npz")
    assert result.exit_code == 0, result.output
    return float(np.mean(Characterisation.load("s.npz").phase_fractions))


def test_the_fields_have_their_fractions():
    assert FLAT.mean() == pytest.approx(0.3, abs=1e-3)
    assert VOLUME.mean() == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("how", [None, "zlib", "packbits", "lzw"])
def test_where_0_is_white_every_way_in_says_the_same(raysys: Run, how: str | None):
    tifffile.imwrite("m.tif", (1 - FLAT) * WHITE, photometric="miniswhite", compression=how)
    assert fraction_of(raysys, "m.tif") == FLAT.mean()
    assert fraction_of(raysys, "m.tif", "--phase", 255) == FLAT.mean()
    segmented = raysys("data", "segment", "m.tif", "-o", "phases.npy")
    assert f"phase fraction {FLAT.mean():.4f}" in segmented.stdout
    np.testing.assert_array_equal(np.load("phases.npy"), FLAT[None])
    np.testing.assert_array_equal(LargeImage("m.tif")[:], FLAT * WHITE)
    uploaded = decode_upload(Path("m.tif").read_bytes(), Limits())
    assert measure_upload(uploaded, ("S2",), "bright", None, "open", None)[0].phase_fraction == FLAT.mean()


@pytest.mark.parametrize("kind", ["labels.png", "labels_none.tif", "labels_lzw.tif"])
def test_labels_keep_the_numbers_of_their_palette(raysys: Run, kind: str):
    labels = FLAT.copy()
    labels[:20] *= 2
    if kind.endswith("png"):
        picture = Image.fromarray(labels)
        picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0] + [0] * 759)
        picture.save(kind)
    else:
        hues = np.zeros((3, 256), np.uint16)
        hues[0, 1] = hues[1, 2] = 65_535
        how = "lzw" if "lzw" in kind else None
        tifffile.imwrite(kind, labels, photometric="palette", colormap=hues, compression=how)
    assert fraction_of(raysys, kind, "--phase", 2) == (labels == 2).mean()
    result = raysys("data", "segment", kind, "-o", "two.npy", "--set", "phase=2")
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.load("two.npy")[0], labels == 2)


@pytest.mark.parametrize("name", ["head", "tail", "middle"])
def test_a_page_of_another_size_is_left_out_and_said(raysys: Run, name: str):
    small = np.ascontiguousarray(VOLUME[0, ::4, ::4])
    order = {"head": [small, *VOLUME], "tail": [*VOLUME, small], "middle": [*VOLUME[:5], small, *VOLUME[5:]]}[name]
    with tifffile.TiffWriter("a.tif") as writer:
        for page in order:
            writer.write(page * WHITE, contiguous=False, metadata=None)
    result = raysys("stats", "a.tif", "--dims", 3, "--descriptors", "S2", "--r-max", 2)
    assert "1 image of 12 x 48 x 64 pixels" in result.stdout
    assert "of other sizes, which is left out: 12 x 16 uint8" in result.stderr


def test_slices_of_many_sizes_are_asked_about(refused: Refused):
    with tifffile.TiffWriter("a.tif") as writer:
        for k in range(4):
            writer.write(VOLUME[k, : 48 - k].copy(), contiguous=False, metadata=None)
    assert "holds 4 images (0: 48 x 64 uint8, 1: 47 x 64 uint8" in refused("stats", "a.tif")


def test_channels_and_images_are_asked_about_and_never_averaged(raysys: Run, refused: Refused):
    noise = np.random.default_rng(5).integers(0, 2, VOLUME.shape).astype(np.uint8)
    axes = {"axes": "ZCYX"}
    tifffile.imwrite("zcyx.tif", np.stack([VOLUME, noise], 1) * WHITE, imagej=True, metadata=axes)
    with tifffile.TiffWriter("two.ome.tif", ome=True) as writer:
        writer.write(FLAT * WHITE, metadata={"axes": "YX", "Name": "image"})
        writer.write((1 - FLAT) * WHITE, metadata={"axes": "YX", "Name": "label"})
    assert "holds 2 channels (axis 1 of 12 x 2 x 48 x 64, whose axes are ZCYX)" in refused("stats", "zcyx.tif")
    assert "0: 48 x 64 uint8 'image', 1: 48 x 64 uint8 'label'); name one with series" in refused(
        "stats", "two.ome.tif"
    )
    assert fraction_of(raysys, "zcyx.tif", "--dims", 3, "--channel", 0) == VOLUME.mean()
    assert fraction_of(raysys, "zcyx.tif", "--dims", 3, "--channel", 1) == noise.mean()
    assert fraction_of(raysys, "two.ome.tif", "--series", 1) == pytest.approx(1 - FLAT.mean())
    shown = raysys(
        "report", "a=zcyx.tif", "b=zcyx.tif", "--dims", 3, "--channel", 0, "--descriptors", "S2", "--r-max", 2
    )
    assert shown.stdout.count(f"phase fraction {VOLUME.mean():.4f}") == 2
    assert "no channel 2; allowed: 0 to 1" in refused("stats", "zcyx.tif", "--dims", 3, "--channel", 2)
    result = raysys("data", "segment", "two.ome.tif", "-o", "one.npy", "--series", 0)
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.load("one.npy")[0], FLAT)


def test_maps_of_probabilities_are_asked_about(raysys: Run, refused: Refused):
    likely = gaussian_filter(FLAT.astype(np.float32), 1)
    with h5py.File("p.h5", "w") as store:
        store["exported_data"] = np.stack([1 - likely, likely], -1)[None]
    assert "holds 2 channels (axis 3 of 1 x 48 x 64 x 2)" in refused("stats", "p.h5")
    assert fraction_of(raysys, "p.h5", "--channel", 1, "--threshold", 0.5) == (likely > 0.5).mean()


def test_slices_are_read_in_the_order_of_their_numbers(raysys: Run):
    Path("slices").mkdir()
    for k, one in enumerate(VOLUME):
        Image.fromarray(one * WHITE).save(f"slices/slice{k}.png")
        Path(f"slices/._slice{k}.png").write_bytes(bytes([0, 5, 22, 7]) + bytes(60))
    np.save("volume.npy", VOLUME)
    found = {}
    for name in ("slices", "volume.npy"):
        result = raysys("stats", name, "--dims", 3, "--descriptors", "S2_axis0", "--r-max", 3, "--save", f"{name}.npz")
        found[name] = Characterisation.load(f"{name}.npz").curves["S2_axis0"].values
    np.testing.assert_array_equal(found["slices"], found["volume.npy"])
    said = raysys("stats", "slices", "--dims", 3, "--descriptors", "S2", "--r-max", 2).stderr
    assert "in the order of the numbers in their names, slice0.png, slice1.png, ... slice11.png" in said
    assert result.exit_code == 0


def test_masks_beside_images_are_no_slices(raysys: Run):
    Path("scans").mkdir()
    for k, one in enumerate(VOLUME):
        Image.fromarray(one * WHITE).save(f"scans/s{k:02d}.png")
        Image.fromarray(1 - one).save(f"scans/s{k:02d}_mask.png")
    result = raysys("stats", "scans", "--dims", 3, "--descriptors", "S2", "--r-max", 2)
    assert "1 image of 12 x 48 x 64 pixels, phase fraction 0.3" in result.stdout
    assert "12 masks beside their images in scans, such as s00_mask.png, are left out" in result.stderr


def test_a_narrow_volume_has_no_colours(raysys: Run, refused: Refused):
    narrow = np.ascontiguousarray(VOLUME[:, :, :4])
    narrow.tofile("n.raw")
    np.save("n.npy", narrow)
    told = ("--raw-shape", *narrow.shape, "--raw-dtype", "uint8")
    assert fraction_of(raysys, "n.raw", *told, "--dims", 3) == narrow.mean()
    assert fraction_of(raysys, "n.npy", "--dims", 3) == narrow.mean()
    assert "12 x 48 x 4, which are no flat images; name one of the 4 channels" in refused("stats", "n.npy")
    assert fraction_of(raysys, "n.npy", "--channel", 2) == narrow[..., 2].mean()


def test_voxels_that_are_no_cubes_are_told(raysys: Run):
    sparse = np.ascontiguousarray(VOLUME[::4])
    how = {"axes": "ZYX", "spacing": 4.0, "unit": "um"}
    tifffile.imwrite("s.tif", sparse * WHITE, imagej=True, metadata=how, resolution=(1.0, 1.0))
    result = raysys("stats", "s.tif", "--dims", 3, "--descriptors", "S2,S2_axis0", "--r-max", 1)
    assert "s.tif: pixels of 4 x 1 x 1 um" in result.stdout
    assert "warning: the pixels of s.tif are 4 x 1 x 1 um, and S2 take them for equally long" in result.stderr
    given = raysys("stats", "s.tif", "--dims", 3, "--descriptors", "S2", "--r-max", 1, "--pixel-size", "0.4um")
    assert "s.tif: pixels of 0.4 um" in given.stdout
    assert "warning" not in given.stderr
    shown = raysys("data", "info", "s.tif", "--set", "tile=[2, 8, 8]", "--set", "held_out=0").stdout
    assert "pixel size     │ 4 x 1 x 1 um" in shown


def test_slices_whose_distance_is_not_said_are_told(raysys: Run):
    tifffile.imwrite("s.tif", VOLUME * WHITE, resolution=(20_000, 20_000), resolutionunit=3)
    result = raysys("stats", "s.tif", "--dims", 3, "--descriptors", "S2", "--r-max", 1)
    assert "says how far apart the pixels of a slice are (5e-05 cm), but not how far apart slices are" in result.stderr
    flat = raysys("stats", "s.tif", "--descriptors", "S2", "--r-max", 1)
    assert "how far apart" not in flat.stderr
    assert "s.tif: pixels of 5e-05 cm" in flat.stdout


def test_a_pixel_size_without_a_unit_is_refused(refused: Refused):
    np.save("a.npy", FLAT)
    said = refused("stats", "a.npy", "--pixel-size", "0.4")
    assert "pixel size '0.4': write a number with its unit (pm, nm, um, mm, cm, m, km), such as 0.4um" in said
