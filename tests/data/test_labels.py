"""Numbers of phases from stored values, and label images from file to tiles."""

import json
import re
from pathlib import Path

import numpy as np
import pydantic
import pytest
import tifffile
from PIL import Image

from raysys import RaysysError
from raysys.data import DataSettings, prepare, read_images
from raysys.data.labels import label_numbers, shares_of
from raysys.data.large import prepared
from raysys.form import Form

BATTERY = {"pore": 0, "active": 128, "binder": 255}


def refuse(foreign: str) -> RaysysError:
    return RaysysError(foreign)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
def test_numbers_follow_the_order_of_the_names(dtype: str):
    stored = np.array([[0, 7, 200], [7, 0, 9]], dtype)
    numbers = label_numbers(stored, {"b": (7, 9), "a": (200,), "c": (0,)}, refuse=refuse)
    assert numbers.dtype == np.uint8
    np.testing.assert_array_equal(numbers, [[2, 0, 1], [0, 2, 0]])
    with pytest.raises(RaysysError, match=r"^9, 200$"):
        label_numbers(stored, {"b": (7,), "c": (0,)}, refuse=refuse)
    left = label_numbers(stored, {"b": (7,), "a": (200,), "c": (0,)}, refuse=refuse, unlabelled=9)
    assert left[1, 2] == 255


def test_shares_of_all_names():
    assert shares_of(np.array([[0, 2], [2, 2]], np.uint8), ("a", "b", "c")) == {"a": 0.25, "b": 0.0, "c": 0.75}


@pytest.fixture
def battery(tmp_path: Path) -> tuple[np.ndarray, Path]:
    """Numbers (48, 72) in pieces of 4 pixels, and a file that stores them as `BATTERY` says."""
    numbers = np.kron(np.random.default_rng(0).integers(0, 3, (12, 18)), np.ones((4, 4), int)).astype(np.uint8)
    Image.fromarray(np.array(list(BATTERY.values()), np.uint8)[numbers]).save(tmp_path / "battery.png")
    return numbers, tmp_path / "battery.png"


def test_a_label_image_is_cut_into_tiles_of_numbers(battery: tuple[np.ndarray, Path]):
    numbers, path = battery
    settings = DataSettings(images=str(path), phases=BATTERY, tile=[8, 12], stride=4)
    tiles = prepare(settings)
    np.testing.assert_array_equal(tiles.image, numbers)
    assert settings.form == Form("labels", (8, 12), ("pore", "active", "binder"))
    assert tiles.train.shape[1:] == (8, 12)
    assert tiles.train.dtype == settings.form.dtype == np.uint8
    assert tiles.phase_fractions == {name: float((numbers == k).mean()) for k, name in enumerate(BATTERY)}
    assert tiles.phase_fraction == tiles.phase_fractions["pore"]
    assert tiles.grey is None
    said = json.loads(json.dumps(tiles.provenance))
    assert said["phase_fractions"] == tiles.phase_fractions
    assert DataSettings(**said["settings"]) == settings


def test_a_shrunk_pixel_has_the_label_that_fills_most_of_it(battery: tuple[np.ndarray, Path]):
    numbers, path = battery
    exact = prepare(DataSettings(images=str(path), phases=BATTERY, downscale=4, tile=2, stride=1))
    np.testing.assert_array_equal(exact.image, numbers[::4, ::4])
    votes = prepare(DataSettings(images=str(path), phases=BATTERY, downscale=6, tile=2, stride=1)).image
    blocks = numbers.reshape(8, 6, 12, 6).transpose(0, 2, 1, 3).reshape(8, 12, 36)
    counts = np.stack([(blocks == k).sum(-1) + 0.5 * (blocks[..., 0] == k) for k in range(3)], -1)
    np.testing.assert_array_equal(votes, counts.argmax(-1))  # between equal counts the first pixel decides


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (
            {"pore": 0, "active": 128},
            "holds values that no phase names: 255; phases are pore 0, active 128; give every",
        ),
        (["pore", "active", "binder"], "no phase names: 128, 255"),
        (BATTERY | {"crack": 3}, r"no pixel of the image is of the phase crack; the others' shares are pore 0\.\d{4}"),
    ],
)
def test_values_and_phases_must_match(battery: tuple[np.ndarray, Path], phases: dict, expected: str):
    with pytest.raises(RaysysError, match=re.escape(str(battery[1])) + ".*" + expected):
        prepare(DataSettings(images=str(battery[1]), phases=phases))


def test_a_phase_that_downscaling_removes_is_missed(tmp_path: Path):
    numbers = np.zeros((32, 48), np.uint8)
    numbers[:, 24:], numbers[3, 3] = 1, 2
    np.save(tmp_path / "a.npy", numbers)
    with pytest.raises(RaysysError, match="no pixel of the image after downscale=4 is of the phase c"):
        prepare(DataSettings(images=str(tmp_path / "a.npy"), phases=["a", "b", "c"], downscale=4, tile=2))


def test_phases_of_several_values_are_merged(battery: tuple[np.ndarray, Path]):
    numbers, path = battery
    merged = prepare(DataSettings(images=str(path), phases={"active": 128, "rest": [0, 255]}, tile=8))
    np.testing.assert_array_equal(merged.image, numbers != 1)


def test_a_picture_with_a_palette_has_its_indices(battery: tuple[np.ndarray, Path], tmp_path: Path):
    numbers, _ = battery
    picture = Image.fromarray(numbers)
    picture.putpalette([200, 10, 10, 10, 200, 10, 10, 10, 200])
    picture.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_images(tmp_path / "palette.png", kind="labels"), numbers)
    tiles = prepare(DataSettings(images=str(tmp_path / "palette.png"), phases=list(BATTERY), tile=8))
    np.testing.assert_array_equal(tiles.image, numbers)
    picture.convert("RGB").save(tmp_path / "colours.png")
    with pytest.raises(RaysysError, match=r"colours\.png is a colour picture, and labels are one number a pixel"):
        prepare(DataSettings(images=str(tmp_path / "colours.png"), phases=list(BATTERY), tile=8))


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("options", [{}, {"downscale": 3}, {"downscale": 2.5}])
def test_large_label_images_are_prepared_in_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict):
    numbers = np.kron(np.random.default_rng(3).integers(0, 3, (30, 45)), np.ones((5, 5), int)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "labels.tif", numbers * 40, tile=(64, 64), compression="zlib")
    settings = DataSettings(
        images=str(tmp_path / "labels.tif"), phases={"a": 0, "c": 80, "b": 40}, tile=16, stride=8, **options
    )
    expected = prepare(settings)
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 1_000)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    found = prepare(settings)
    np.testing.assert_array_equal(found.image, expected.image)
    np.testing.assert_array_equal(found.train, expected.train)
    assert found.phase_fractions == expected.phase_fractions
    assert found.phase_fraction_before == expected.phase_fraction_before
    other = settings.model_copy(update={"phases": {"a": (0,), "b": (40,), "c": (80,)}})
    if not options:  # between equal shares in a block, the order decides
        np.testing.assert_array_equal(np.array([0, 2, 1])[prepare(other).image], found.image)
    with pytest.raises(RaysysError, match=r"labels\.tif: the image holds values that no phase names: 80"):
        prepare(settings.model_copy(update={"phases": {"a": (0,), "b": (40,)}}))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"phases": ["a"]}, "phases names 1; allowed: 2 to 32"),
        ({"phases": ["a", "a"]}, "two phases have one name"),
        ({"phases": {"a": 0, "b": 0}}, "every phase needs values of its own"),
        ({"phases": {"a": 0, "b/c": 1}}, "phase 'b/c': names are of letters"),
        ({"phases": ["a", "b"], "phase": 1}, r"phases names the labels, and phase \(1\) is for grey values"),
        ({"phases": ["a", "b"], "segment": "multi-otsu"}, r"segment \(multi-otsu\) is for grey values"),
        ({"phases": ["a", "b"], "minimum_object": 9}, r"minimum_object \(9\) is for grey values"),
        ({"phases": ["a", "b"], "window": "res"}, "window: res measures one phase"),
        ({"phases": ["a", "b"], "colour": True}, "colour keeps colours and phases names labels"),
    ],
)
def test_contradictory_settings_are_refused(fields: dict, expected: str):
    with pytest.raises(pydantic.ValidationError, match=expected):
        DataSettings(images="a.png", **fields)


def test_what_is_said_by_default_is_no_contradiction():
    settings = DataSettings(images="a.png", phases=["a", "b"], segment="otsu", phase="bright", denoise_sigma_spatial=0)
    assert settings.segment == "none"
    assert DataSettings(**settings.model_dump(mode="json")) == settings


def test_a_real_three_phase_micrograph(shared_image):
    name = str(shared_image("micrograph2d_3phase/sofc_anode_top.png"))
    tiles = prepare(DataSettings(images=name, phases=["pore", "nickel", "ysz"], tile=128, stride=128))
    assert tiles.phase_fractions == pytest.approx({"pore": 0.3480, "nickel": 0.3534, "ysz": 0.2986}, abs=1e-4)
    smaller = prepare(DataSettings(images=name, phases=["pore", "nickel", "ysz"], tile=128, stride=128, downscale=2))
    assert smaller.image.shape == (760, 663)
    assert smaller.phase_fractions == pytest.approx(tiles.phase_fractions, abs=0.01)


def test_a_real_battery_electrode_is_cut_into_volumes(shared_image):
    name = str(shared_image("material3d/nmc_cathode_251x301x301.tif"))
    settings = DataSettings(images=name, phases=["pore", "nmc", "cbd"], dims=3, tile=32, stride=32)
    tiles = prepare(settings)
    assert tiles.phase_fractions == pytest.approx({"pore": 0.4005, "nmc": 0.4995, "cbd": 0.1}, abs=1e-4)
    assert tiles.train.shape == (7 * 7 * 9, 32, 32, 32)
    assert settings.form == Form("labels", (32, 32, 32), ("pore", "nmc", "cbd"))
    indicators = settings.form.indicators(tiles.train[:2])
    np.testing.assert_array_equal(sum(indicators.values()), 1)
