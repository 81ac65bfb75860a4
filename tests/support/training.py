"""A recipe small enough to be trained in a second: periodic blobs, tiles of 16 pixels, networks of a few channels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from support.kinds import KINDS, data_of
from support.labelled import LABELLED, discs_and_stripes, write_labelled
from support.paired import PAIRED, write_paired
from support.textures import write_textures

from raysys.data.sources import TrainingData
from raysys.data.synthetic import gaussian_random_field
from raysys.stats import DESCRIPTORS, Baseline, characterise
from raysys.train import Recipe, load_recipe
from raysys.train.validation import floors_of, independent, reference_images

MakeRecipe = Callable[..., Recipe]

SYSTEMS = {
    "wgan-gp": {"method": "wgan-gp", "width": 4, "latent_channels": 4, "critic_updates": 2},
    "wgan-gp-conditional": {
        "method": "wgan-gp",
        "width": 4,
        "latent_channels": 4,
        "critic_updates": 2,
        "condition": "phase-fraction",
    },
    "autoencoder": {"method": "autoencoder", "width": 4, "depth": 2, "latent_channels": 2},
    "unet": {"method": "unet", "width": 4, "depth": 2},
    "toy-filter": {"method": "toy-filter", "reach": 2},  # found where its folder is on the path only
    "texture-nets": {
        "method": "texture-nets",
        "levels": 2,
        "width": 2,
        "noise": 2,
        "features": ["random"],
        "layers": ["conv1_1"],
    },
    "spade": {
        "method": "spade",
        "width": 2,
        "levels": 2,
        "hidden": 4,
        "noise": 2,
        "critic_width": 4,
        "critics": 1,
        "features": ["random"],
        "reconstruction_steps": 4,  # of 8, so that runs are cut where the second stage begins
    },
    "multi-texture": {
        "method": "multi-texture",
        "width": 4,
        "levels": 2,
        "local": 3,
        "waves": 2,
        "average": 0.9,
    },
    "psgan": {"method": "psgan", "width": 4, "levels": 2, "local": 3, "waves": 2, "average": 0.9},
    "porous-media-gan": {"method": "porous-media-gan", "width": 2, "levels": 1, "local": 3, "average": 0.9},
    "dts": {
        "method": "dts",
        "width": 2,
        "levels": 1,
        "interval": 2,
        "features": ["random"],
        "layers": ["conv1_1"],
        "diversity_layer": "conv1_1",
    },
    "slices-to-volume": {
        "method": "slices-to-volume",
        "width": 4,
        "critic_width": 4,
        "latent_channels": 4,
        "critic_updates": 2,
        "slices": 4,
    },
    "classifier": {"method": "classifier", "classes": ["discs", "stripes"], "width": 4, "depth": 2},
}
# The methods that learn from images of every kind, by names such as wgan-gp-colour.
OF_KINDS = {f"{method}-{kind}": (method, kind) for method in ("wgan-gp", "autoencoder") for kind in KINDS}
SYSTEMS |= {name: SYSTEMS[method] for name, (method, _) in OF_KINDS.items()}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, MLflow's database and artifacts land in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    torch.set_num_threads(1)


@pytest.fixture
def recipe_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a tiny recipe, with sections replaced, and return its path."""

    def write(of: str = "wgan-gp", **sections: dict) -> Path:
        image = tmp_path / "blobs.npy"
        if not image.exists():
            field = gaussian_random_field((96, 96), correlation_length=2.0, phase_fraction=0.4, seed=3)
            np.save(image, field[0])
        data: dict[str, object] = {"images": str(image), "tile": 16, "stride": 8, "held_out": 0.34}
        if of == "classifier":
            data = LABELLED | {"images": str(write_labelled(tmp_path / "labelled.h5", discs_and_stripes()))}
        if of == "unet":
            data = PAIRED | {"images": str(write_paired(tmp_path / "pairs"))}
        if of == "porous-media-gan":
            data = data_of("volume", tmp_path)
        if of in ("multi-texture", "psgan", "dts"):
            data = {"source": "textures", "images": str(write_textures(tmp_path / "textures")), "tile": 16}
        if of == "spade":
            data |= {"source": "guided", "progression": "auto"}
        if of in OF_KINDS:
            data = data_of(OF_KINDS[of][1], tmp_path)
        content = {
            "name": "blobs",
            "data": data,
            "system": SYSTEMS[of],
            "training": {"steps": 8, "batch": 4, "validate_every": 4, "validation_images": 16, "log_every": 1},
        }
        for name, section in sections.items():
            content[name] = {**content.get(name, {}), **section} if isinstance(section, dict) else section
        path = tmp_path / "blobs.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))  # the order of phases is theirs
        return path

    return write


@pytest.fixture
def tiny(recipe_file: Callable[..., Path]) -> MakeRecipe:
    """A tiny recipe, checked."""
    return lambda of="wgan-gp", **sections: load_recipe(recipe_file(of, **sections))


def training_baseline(data: TrainingData) -> dict[str, Baseline]:
    """How far two disjoint sets of training images are apart, per descriptor; of regions that share no pixel."""
    images, separate = reference_images(data)
    return floors_of(independent(characterise(images, DESCRIPTORS), separate))
