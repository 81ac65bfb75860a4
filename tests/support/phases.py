"""Three phases: a synthetic picture with a generator whose card says how it was prepared, and real ones cut small."""

from pathlib import Path

import numpy as np
import pytest
from support.generators import save_generator
from support.kinds import PHASES, STORED, labels
from support.shared import shared

from raysys.data import DataSettings, Tiles, prepare, read_images

TILE = 16


@pytest.fixture(scope="session")
def alloy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of three phases, 96 x 192 pixels, stored as 0, 128 and 255."""
    path = tmp_path_factory.mktemp("alloy") / "alloy.npy"
    np.save(path, labels((96, 192)))
    return path


@pytest.fixture(scope="session")
def alloy_tiles(alloy: Path) -> Tiles:
    """Its tiles, those of its last quarter held out; 0, 1 and 2 are the phases."""
    return prepare(DataSettings(images=str(alloy), phases=STORED, tile=TILE, stride=TILE))


@pytest.fixture(scope="session")
def alloy_model(tmp_path_factory: pytest.TempPathFactory, alloy_tiles: Tiles) -> Path:
    """An untrained generator of label images, with a card that says how the picture was prepared."""
    return label_generator(tmp_path_factory.mktemp("models"), alloy_tiles, PHASES)


@pytest.fixture(scope="session")
def anode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corner of a solid-oxide fuel cell's anode: 192 x 288 pixels of the values 0, 1 and 2."""
    image = read_images(shared("micrograph2d_3phase/sofc_anode_top.png"), kind="labels")
    path = tmp_path_factory.mktemp("anode") / "anode.npy"
    np.save(path, image[:768:4, :1152:4])
    return path


@pytest.fixture(scope="session")
def cathode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corner of a battery's cathode: 32 x 48 x 96 voxels of the values 0, 1 and 2."""
    volume = read_images(shared("material3d/nmc_cathode_251x301x301.tif"), kind="labels")
    path = tmp_path_factory.mktemp("cathode") / "cathode.npy"
    np.save(path, volume[:96:3, :144:3, :288:3])
    return path


def label_generator(folder: Path, tiles: Tiles, phases: tuple[str, ...]) -> Path:
    """Save an untrained generator of label images, whose card says how the tiles were cut."""
    provenance = {"data": tiles.provenance, "step": 7}
    return save_generator(folder, "labels", dims=tiles.train.ndim - 1, phases=phases, provenance=provenance)
