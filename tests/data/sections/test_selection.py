"""Tiles of three sections: which are seen together, and what sections of one material must share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import gaussian_random_field, write_images
from raysys.data.sections.selection import section_tiles
from raysys.data.sections.settings import SectionsSettings
from raysys.data.sources import located_data, training_data
from raysys.spacing import Spacing


@pytest.fixture
def write(tmp_path: Path):
    def writing(sizes: dict[str, tuple[float, float]], fraction: float = 0.4) -> SectionsSettings:
        for number, (name, size) in enumerate(sizes.items()):
            share = 0.4 if number else fraction
            field = gaussian_random_field((64, 48), correlation_length=2.0, phase_fraction=share, seed=number)
            write_images(tmp_path / f"{name}.tif", field, spacing=Spacing(size, "um"))
        paths = {key: str(tmp_path / f"{name}.tif") for key, name in zip(("images", "xz", "yz"), sizes, strict=True)}
        return SectionsSettings(**paths, tile=16, stride=8, held_out=0.34)

    return writing


SIZES = {"xy": (0.5, 1.0), "xz": (2.0, 1.0), "yz": (2.0, 0.5)}


def test_a_batch_holds_tiles_of_all_sections_by_seed(write):
    data = training_data(write(SIZES))
    drawn = data.batch(np.array([3, 0]), [(7, 0), (7, 1)])
    assert np.array_equal(drawn["images"], data.train[[3, 0]])
    assert drawn["others"].shape == (2, 2, 16, 16)
    for image, (seed, place) in enumerate([(7, 0), (7, 1)]):
        alone = data.batch(np.array([0]), [(seed, place)])["others"]
        assert np.array_equal(drawn["others"][image], alone[0])
        for number, other in enumerate(data.others):
            assert any(np.array_equal(drawn["others"][image, number], tile) for tile in other.train)
    assert data.provenance["spacing"] == {"sizes": (2.0, 0.5, 1.0), "unit": "um"}


def test_a_size_of_voxels_is_that_of_each_sections_pixels(write):
    settings = write(SIZES).model_copy(update={"pixel_size": "4um,1um,3um"})
    assert [one.pixel_size for one in settings.each] == ["1um,3um", "4um,3um", "4um,1um"]
    assert section_tiles(settings).provenance["spacing"]["sizes"] == (4.0, 1.0, 3.0)


def test_files_get_their_whole_paths(write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    settings = write(SIZES)
    monkeypatch.chdir(tmp_path)
    near = settings.model_copy(update={"images": "xy.tif", "xz": "xz.tif", "yz": "yz.tif"})
    assert located_data(near) == {name: getattr(settings, name) for name in ("images", "xz", "yz")}


def test_sections_of_other_materials_and_pixels_are_refused(write):
    with pytest.raises(RaysysError, match=r"sections have 0\.\d+, 0\.\d+, 0\.\d+ of phase \d; allowed: "):
        training_data(write(SIZES, fraction=0.6))
    with pytest.raises(RaysysError, match=r"yz\.tif, along axis 0 of the volume, has pixels of 3 um, and .*xz\.tif"):
        training_data(write(SIZES | {"yz": (3.0, 0.5)}))
