"""Small untrained models, and one endpoint in front of them for the whole room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import torch
from support.serving import (
    CODE,
    LIMITS,
    POROSITY,
    SORT,
    TOKEN,
    Served,
    save_untrained,
    save_untrained_autoencoder,
    save_untrained_classifier,
    save_untrained_segmenter,
)
from support.tiny_models import multi_texture, spade, texture_net

from raysys.cluster import connected
from raysys.models import Model, load, save_model
from raysys.serve import JobSettings, start


@pytest.fixture(scope="package")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved models of every kind and ability; most of them are served in turn, by the name of "fixed"."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "endless": save_untrained(folder, "endless", latent="lattice"),
        "fixed": save_untrained(folder, "fixed", latent="vector"),
        "porous": save_untrained(folder, "porous", latent="lattice", condition=POROSITY),
        "coder": save_untrained_autoencoder(folder, "coder"),
        "rock": save_untrained(folder, "rock", dims=3),
        "texture": save_untrained(folder, "texture", kind="colour"),
        "alloy": save_untrained(folder, "alloy", kind="labels", condition=SORT),
        "electrode": save_untrained(folder, "electrode", kind="labels", dims=3),
        "code": save_untrained(folder, "code", condition=CODE),
        "photograph": save_untrained_autoencoder(folder, "photograph", kind="colour"),
        "segmenter": save_untrained_segmenter(folder, "segmenter"),
        "classifier": save_untrained_classifier(folder, "classifier"),
        "guided": save_model(folder / "guided", spade()),
        "textures": save_model(folder / "textures", multi_texture()),
        "net": save_model(folder / "net", texture_net()),
    }


@pytest.fixture(scope="package")
def served(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """All of them behind HTTP, with a token and two replicas each, and jobs."""
    torch.set_num_threads(1)
    with connected("local", num_cpus=2):
        models = {name: str(folders[name]) for name in ("endless", "fixed", "coder", "porous")}
        jobs = JobSettings(folder=tmp_path_factory.mktemp("jobs"), lease_s=2.0)
        with start(models, port=0, token=TOKEN, limits=LIMITS, replicas=2, jobs=jobs) as endpoint:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=endpoint.url, headers=headers, timeout=60) as client:
                yield Served(endpoint, folders, {name: load(folder) for name, folder in folders.items()}, client)


@pytest.fixture(scope="package")
def client(served: Served) -> httpx.Client:
    """An HTTP client that carries the token."""
    return served.client


@pytest.fixture(scope="module")
def behind(served: Served) -> Iterator[Callable[[str], Model]]:
    """Puts another model behind the name "fixed", and returns it; a swap is quicker than a replica more."""

    def put(name: str) -> Model:
        served.endpoint.swap({"fixed": str(served.folders[name])})
        return served.models[name]

    yield put
    put("fixed")
