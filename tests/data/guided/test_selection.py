"""An image and its map: read, made to fit, and cut at the same places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from raysys.data.guided import GuidedSettings, guided_tiles
from raysys.data.sources import located_data, prepared, training_data
from raysys.data.textures import progression_of
from raysys.errors import RaysysError

TILE = 16


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """Colours that brighten to the right, with a pattern on them; 48 x 64 pixels."""
    y, x = np.mgrid[:48, :64]
    grey = 255 * (0.3 + 0.6 * x / 63 + 0.1 * np.sin(y)).clip(0, 1)
    path = tmp_path / "photograph.png"
    Image.fromarray(np.stack([grey, grey / 2, 255 - grey], -1).astype(np.uint8)).save(path)
    return path


def settings(path: Path, **fields: object) -> GuidedSettings:
    given = {"images": str(path), "colour": True, "tile": TILE, "stride": 8, "held_out": 0} | fields
    return GuidedSettings.model_validate({"source": "guided"} | given)


def test_pieces_of_image_and_map_are_of_the_same_place(tmp_path: Path, photograph: Path):
    x = np.broadcast_to(np.arange(64) / 63, (48, 64))
    np.save(tmp_path / "map.npy", x)
    data = training_data(settings(photograph, progression=str(tmp_path / "map.npy"), held_out=0.5))
    batch = data.batch(np.arange(6), [(3, place) for place in range(6)])
    assert batch["images"].shape == (6, TILE, TILE, 3)
    assert batch["guide"].shape == (6, 1, TILE, TILE)
    # Of each piece the map says the column, and the image's column is as bright as there.
    columns = np.round(batch["guide"][:, 0, 0, 0] * 63).astype(int)
    assert columns.max() + TILE <= 32  # nothing of what is held out
    assert len(set(columns)) > 2
    for piece, column in zip(batch["images"], columns, strict=True):
        rows = [np.abs(piece - data.image[top : top + TILE, column : column + TILE]).max() for top in range(33)]
        assert min(rows) == 0
    again = data.batch(np.arange(6), [(3, place) for place in range(6)])
    np.testing.assert_array_equal(batch["images"], again["images"])
    origin = data.train_origins[2]
    tile = data.guides(np.array([2]))[0, 0]
    np.testing.assert_array_equal(tile, data.guide[0, origin[0] : origin[0] + TILE, origin[1] : origin[1] + TILE])


def test_auto_is_what_the_prepared_image_shows(photograph: Path):
    data = guided_tiles(settings(photograph, progression="auto", downscale=1))
    np.testing.assert_array_equal(data.guide[0], progression_of(np.asarray(data.image)))
    lines = guided_tiles(settings(photograph, orientation="auto")).guide
    np.testing.assert_allclose(np.linalg.norm(lines, axis=0), 1, atol=1e-5)


def test_a_map_shrinks_with_its_image(tmp_path: Path, photograph: Path):
    x = np.broadcast_to(np.arange(64) / 63, (48, 64))
    Image.fromarray((255 * x).astype(np.uint8)).save(tmp_path / "map.png")
    data = guided_tiles(settings(photograph, progression=str(tmp_path / "map.png"), downscale=2))
    assert data.guide.shape == (1, 24, 32)
    expected = np.broadcast_to(((np.arange(32) + 0.5) * 2 - 0.5) / 63, (24, 32))
    np.testing.assert_allclose(data.guide[0], expected, atol=0.01)


def test_a_map_of_another_size_is_resized_with_a_notice_and_of_other_ratio_refused(tmp_path: Path, photograph: Path):
    np.save(tmp_path / "half.npy", np.full((24, 32), 0.5))
    with pytest.warns(UserWarning, match="24 x 32 pixels is resized to the image's 48 x 64"):
        assert guided_tiles(settings(photograph, progression=str(tmp_path / "half.npy"))).guide.shape == (1, 48, 64)
    np.save(tmp_path / "square.npy", np.full((40, 40), 0.5))
    with pytest.raises(RaysysError, match=r"data\.progression .*40 x 40 pixels, and the image 48 x 64; allowed"):
        guided_tiles(settings(photograph, progression=str(tmp_path / "square.npy")))


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("progression", np.full((48, 64), 3.0), "has values from 3 to 3; allowed: 0 to 1"),
        ("orientation", np.zeros((48, 64, 2)), "vectors without a direction"),
        ("progression", np.zeros((3, 48, 64)), "one flat progression map"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, photograph: Path, field: str, values: np.ndarray, words: str):
    np.save(tmp_path / "map.npy", values)
    with pytest.raises(RaysysError, match=words):
        guided_tiles(settings(photograph, **{field: str(tmp_path / "map.npy")}))


def test_a_map_that_is_not_there_is_named(photograph: Path):
    with pytest.raises(RaysysError, match=r"data\.orientation /nowhere\.npy: there is no such file; allowed: .* auto"):
        guided_tiles(settings(photograph, orientation="/nowhere.npy"))


@pytest.mark.parametrize("fields", [{}, {"progression": "auto", "orientation": "auto"}])
def test_an_image_has_one_map(photograph: Path, fields: dict):
    with pytest.raises(ValidationError, match="give progression or orientation"):
        settings(photograph, **fields)


def test_another_machine_finds_the_map_and_prepares_for_itself(tmp_path: Path, photograph: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("map.npy", np.full((48, 64), 0.5))
    found = settings(photograph, progression="map.npy")
    assert located_data(found)["progression"] == str(tmp_path / "map.npy")
    assert "progression" not in located_data(settings(photograph, progression="auto"))
    assert prepared(found, tmp_path / "runs") is None
