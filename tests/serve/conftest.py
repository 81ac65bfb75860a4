"""Small untrained models, and one endpoint in front of them for the whole room."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import torch
from support.serving import LIMITS, TOKEN, Served, save_untrained, save_untrained_autoencoder

from raysys.cluster import connected
from raysys.models import load
from raysys.serve import start


@pytest.fixture(scope="package")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved models: an endless one, one of a single size, a conditional one, one of volumes, an autoencoder."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "endless": save_untrained(folder, "endless", latent="lattice"),
        "fixed": save_untrained(folder, "fixed", latent="vector"),
        "porous": save_untrained(folder, "porous", latent="lattice", conditions=1),
        "coder": save_untrained_autoencoder(folder, "coder"),
        "rock": save_untrained(folder, "rock", latent="lattice", dims=3),
    }


@pytest.fixture(scope="package")
def served(folders: dict[str, Path]) -> Iterator[Served]:
    """All of them behind HTTP, with a token and two replicas each."""
    torch.set_num_threads(1)
    with connected("local", num_cpus=2):
        models = {name: str(folders[name]) for name in ("endless", "fixed", "coder", "porous")}
        with start(models, port=0, token=TOKEN, limits=LIMITS, replicas=2) as endpoint:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=endpoint.url, headers=headers, timeout=60) as client:
                yield Served(endpoint, folders, {name: load(folder) for name, folder in folders.items()}, client)


@pytest.fixture(scope="package")
def client(served: Served) -> httpx.Client:
    """An HTTP client that carries the token."""
    return served.client
