"""Segmentation in windows against the whole image at once: every pixel, both phase fractions."""

import numpy as np
import pytest
import tifffile
from skimage.filters import threshold_otsu

from raysys import RaysysError
from raysys.data import DataSettings, LargeImage, denoise, prepare, remove_specks, segment_large, to_grey
from raysys.data.large import shrinking
from raysys.data.phases import Decision

WHOLE = {"tile": 2, "stride": 2**31, "held_out": 0.0}


@pytest.fixture
def files(tmp_path, grains, deep_grains):
    """Names to paths of one image in several number types."""
    np.save(tmp_path / "u1.npy", grains)
    tifffile.imwrite(tmp_path / "u2.tif", deep_grains, tile=(64, 64), compression="zlib")
    np.save(tmp_path / "f4.npy", (grains / 255).astype(np.float32))
    np.save(tmp_path / "f8.npy", grains * 2.5 - 100)
    np.save(tmp_path / "two.npy", np.where(grains > 110, 255, 7).astype(np.uint8))
    np.save(tmp_path / "labels.npy", (grains // 64).astype(np.int16))
    return tmp_path


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("u1.npy", {}),
        ("u1.npy", {"phase": "dark", "denoise_sigma_color": None, "denoise_sigma_spatial": 3.0}),
        ("u2.tif", {"phase": "dark"}),
        ("f4.npy", {"segment": "multi-otsu"}),
        ("f8.npy", {"segment": "multi-otsu", "classes": 4, "phase": "dark", "denoise_sigma_spatial": 0}),
        ("u2.tif", {"denoise_sigma_spatial": 0}),
        ("u1.npy", {"segment": "threshold", "threshold": 107.1}),
        ("u1.npy", {"segment": "threshold", "threshold": 107.1, "denoise_sigma_spatial": 0}),
        ("f8.npy", {"segment": "threshold", "threshold": 0.42, "phase": "dark"}),
        ("u1.npy", {"minimum_object": 25}),
        ("u1.npy", {"minimum_object": 12, "phase": "dark", "denoise_sigma_spatial": 0}),
        ("u1.npy", {"downscale": 4, "resize_threshold": "preserve"}),
        ("u1.npy", {"downscale": 2, "resize_threshold": "any", "minimum_object": 9}),
        ("u1.npy", {"downscale": 4, "resize_threshold": "published"}),
        ("u1.npy", {"downscale": 2.56, "resize_threshold": "published"}),
        ("u2.tif", {"downscale": 3, "resize_threshold": "published", "minimum_object": 9}),
        ("u2.tif", {"downscale": 2.5, "minimum_object": 9}),
        ("u1.npy", {"downscale": 1.37, "resize_threshold": "preserve"}),
        ("two.npy", {"phase": "dark", "minimum_object": 12}),
        ("two.npy", {"downscale": 3}),
        ("labels.npy", {"phase": 2}),
    ],
)
def test_windows_give_the_whole_images_phases(files, name, options):
    settings = DataSettings(images=str(files / name), **options)
    whole = prepare(settings.model_copy(update=WHOLE))
    found = segment_large(settings, files / "out.tif", workers=2)
    written = tifffile.imread(files / "out.tif")
    assert found.shape == written.shape == whole.image.shape
    np.testing.assert_array_equal(written, whole.image * 255)
    assert found.phase_fraction == whole.phase_fraction
    assert found.phase_fraction_before == whole.phase_fraction_before
    assert sorted(path.name for path in files.iterdir() if path.name.startswith(".")) == []


def test_the_threshold_is_scikit_images_of_the_filtered_image(files, grains, small_windows):
    found = segment_large(DataSettings(images=str(files / "u1.npy")), files / "out.npy")
    limit = threshold_otsu(denoise(to_grey(grains), sigma_color=0.15, sigma_spatial=2.0))
    assert found.decision == Decision("bright", "otsu", 255 * limit)
    np.testing.assert_array_equal(np.unique(np.load(files / "out.npy")), [0, 1])


def test_progress_runs_over_all_rows_of_every_step(files, small_windows):
    told: dict[str, list[tuple[int, int]]] = {}
    settings = DataSettings(images=str(files / "u1.npy"), downscale=2)
    segment_large(settings, files / "o.tif", show=lambda *now: told.setdefault(now[2], []).append(now[:2]))
    assert list(told) == ["reading", "denoising", "histogram", "segmenting", "writing"]
    for what, steps in told.items():
        rows = 100 if what == "writing" else 201
        assert steps[-1] == (rows, rows)
        assert [done for done, _ in steps] == sorted({done for done, _ in steps})


def test_what_is_written_is_tiled_compressed_and_readable(files):
    segment_large(DataSettings(images=str(files / "u1.npy")), files / "o.tif")
    with tifffile.TiffFile(files / "o.tif") as tiff:
        assert tiff.pages[0].is_tiled
        assert tiff.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    again = prepare(DataSettings(images=str(files / "o.tif"), tile=16, stride=16))
    with LargeImage(files / "o.tif") as image:
        np.testing.assert_array_equal(again.image * 255, image[:])


@pytest.mark.parametrize("minimum", [2, 5, 17])
def test_specks_across_windows_go_and_their_holes_stay(monkeypatch, minimum):
    monkeypatch.setattr(shrinking, "AT_ONCE", 0)
    monkeypatch.setattr(shrinking, "BAND_ROWS", 8)
    monkeypatch.setattr(shrinking, "BAND_PIXELS", (8 + 4 * minimum) * (8 + 4 * minimum))
    image = (np.random.default_rng(minimum).random((90, 110)) < 0.55).astype(np.uint8)  # near the percolation threshold
    expected = remove_specks(image, minimum)
    rows = shrinking.cleaned(lambda start, stop: image[start:stop], image.shape, minimum)
    found = np.concatenate([rows(start, min(start + 8, 90)) for start in range(0, 90, 8)])
    np.testing.assert_array_equal(found, expected)
    assert (expected != image).any()


@pytest.mark.parametrize(("color", "spatial"), [(0.15, 2.0), (0.05, 3.0), (1.0, 0.7), (0.1, 0.3)])
def test_the_filter_of_8_bit_images_is_the_general_one_bit_for_bit(grains, color, spatial):
    for image in (to_grey(np.tile(grains, (2, 3))), to_grey(grains[:, :5])):
        how = {"sigma_color": color, "sigma_spatial": spatial}
        np.testing.assert_array_equal(denoise(image, **how, by_table=True), denoise(image, **how, by_table=False))


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize(
    ("name", "options", "output", "sentence"),
    [
        ("flat.npy", {}, "o.tif", r"flat\.npy: the image has one grey level only \(every pixel is 9\)"),
        ("nan.npy", {}, "o.tif", r"nan\.npy holds 2 NaN or infinite values"),
        ("u1.npy", {"segment": "threshold", "threshold": 255}, "o.tif", "leaves one phase only: the values run"),
        ("u1.npy", {"segment": "threshold", "threshold": 0.9}, "o.tif", "threshold 0.9 is no stored value"),
        ("labels.npy", {}, "o.tif", r"labels\.npy: the image holds 4 values \(0, 1, 2, 3\), which are rather labels"),
        ("labels.npy", {"phase": 77}, "o.tif", "no pixel has the phase value 77; the image holds values from 0 to 3"),
        ("u1.npy", {"segment": "none"}, "o.tif", "segment is none; choose otsu"),
        ("u1.npy", {}, "o.png", r"written as \.tif, \.tiff, \.npy"),
        ("u1.npy", {"downscale": 500}, "o.tif", "downscale factor 500 is not between 1 and"),
        ("u1.npy", {"minimum_object": 5000}, "o.tif", "minimum_object is 5000"),
        ("specks.npy", {"minimum_object": 5}, "o.tif", "one phase is left only; its fraction was"),
        (
            "labels.npy",
            {"segment": "multi-otsu", "classes": 5, "denoise_sigma_spatial": 0, "phase": "dark"},
            "o.tif",
            "cannot find 5",
        ),
    ],
)
def test_mistakes_are_one_sentence_and_leave_no_file(files, name, options, output, sentence):
    np.save(files / "flat.npy", np.full((40, 50), 9, np.uint8))
    np.save(files / "nan.npy", np.where(np.arange(5000).reshape(50, 100) > 4997, np.nan, 0.5))
    specks = np.zeros((60, 60), np.uint8)
    specks[::7, ::7] = 1
    np.save(files / "specks.npy", specks)
    before = sorted(files.iterdir())
    with pytest.raises(RaysysError, match=sentence):
        segment_large(DataSettings(images=str(files / name), **options), files / output)
    assert sorted(files.iterdir()) == before


def test_a_disk_without_room_is_told_before_anything_is_done(files, monkeypatch):
    from raysys.data.large import scratch

    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(RaysysError, match=r"GB free, and a working copy of the image needs 0\.1 GB"):
        scratch.Scratch(files, (10_000, 10_000), np.uint8)
