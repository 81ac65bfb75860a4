"""A synthetic micrograph, a generator whose card says how it was prepared, and annealed images of it."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.generators import save_generator

from raysys.anneal import Schedule, Target
from raysys.anneal.order import AnnealingOrder
from raysys.cli.parts.anneal_files import write_energies, write_images_of, write_target
from raysys.data import DataSettings, Tiles, gaussian_random_field, prepare, write_images
from raysys.farm import Folder

TILE = 16
CHAINS = 6


@pytest.fixture(scope="session")
def rock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of two phases, 96 x 192 pixels."""
    image = gaussian_random_field((96, 192), correlation_length=2.0, phase_fraction=0.35, seed=3, n=1)
    path = tmp_path_factory.mktemp("rock") / "rock.tif"
    write_images(path, image)
    return path


@pytest.fixture(scope="session")
def rock_tiles(rock: Path) -> Tiles:
    """Its tiles, those of its last quarter held out."""
    return prepare(DataSettings(images=str(rock), tile=TILE, stride=TILE))


@pytest.fixture(scope="session")
def rock_model(tmp_path_factory: pytest.TempPathFactory, rock_tiles: Tiles) -> Path:
    """An untrained generator, with a card that says how the picture was prepared."""
    provenance = {"data": rock_tiles.provenance, "step": 7}
    return save_generator(tmp_path_factory.mktemp("models"), "tiny", provenance=provenance)


@pytest.fixture(scope="session")
def rock_farms(tmp_path_factory: pytest.TempPathFactory, rock_tiles: Tiles) -> dict[str, Path]:
    """Annealed on S2 alone, and on more."""
    folder = tmp_path_factory.mktemp("farms")
    targets = {"s2": {"S2": 1.0}, "more": {"S2": 1.0, "L": 1.0}}
    return {name: anneal_folder(folder / name, rock_tiles.train, weights) for name, weights in targets.items()}


def anneal_folder(folder: Path, images: np.ndarray, weights: Mapping[str, float], *, phase: int | None = 1) -> Path:
    """What `raysys anneal` leaves of a few chains, made in this process without Ray; without a phase, of all phases."""
    target = Target.from_images(images, weights, phase=phase, r_max=images.shape[-1] // 2 - 1)
    order = AnnealingOrder.of(target, images.shape[1:], Schedule(stages=40, moves=300), 0)
    chains = Folder(folder / "chains", order)
    chains.open(CHAINS)
    results = {}
    for number in range(CHAINS):
        job = order.begin(number)
        while not job.finished:
            job.advance(60.0)
        results[number] = job.result()
    chains.end(results)
    made = list(results.values())
    write_target(folder, target)
    write_energies(folder, SimpleNamespace(phase=1), made, {})
    write_images_of(folder, made)
    return folder
