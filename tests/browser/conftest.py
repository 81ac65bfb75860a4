"""The explorer page in a browser, in front of the endpoint's own routes and samplers; without Ray, to be quick."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import uvicorn
from support.chromium import Tab, browsing, chromium
from support.serving import (
    CODE,
    SORT,
    save_untrained,
    save_untrained_autoencoder,
    save_untrained_classifier,
    save_untrained_segmenter,
)
from support.tiny_models import multi_texture, spade

from raysys.models import save_model
from raysys.models.shipped import trained_models
from raysys.serve import JobSettings, Limits
from raysys.serve.catalogue import Catalogue
from raysys.serve.jobs.desk import JobDesk
from raysys.serve.routes import build_app
from raysys.serve.sampler import Sampler

LIMITS = Limits()


class OnTheSpot(Sampler):
    """A sampler outside a replica, that works in the thread of whoever asks."""

    async def _run(self, work: Callable, *arguments: object) -> object:
        return work(*arguments)


class Handle:
    """Calls a deployment's methods as its handle does."""

    def __init__(self, deployment: Sampler | JobDesk) -> None:
        self._deployment = deployment

    def __getattr__(self, name: str) -> object:
        method: Callable[..., Awaitable] = getattr(self._deployment, name)
        return type("Method", (), {"remote": staticmethod(method)})


@contextmanager
def answering(models: dict[str, str], jobs: Path) -> Iterator[str]:
    """The address of an endpoint in a thread of this process, whose jobs are kept in a folder."""
    samplers = {name: OnTheSpot(LIMITS) for name in models}
    for name, uri in models.items():
        asyncio.run(samplers[name].reconfigure({"uri": uri}))
    desk = JobDesk(JobSettings(folder=jobs), LIMITS)
    asyncio.run(desk.reconfigure({"models": models}))
    app = build_app(Catalogue({name: Handle(sampler) for name, sampler in samplers.items()}, LIMITS, Handle(desk)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        desk.stop()


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browsing(tmp_path_factory.mktemp("profile")) as tab:
        tab.size(1280, 900)
        yield tab


def sized(folder: Path) -> Path:
    """The same model, whose card says how large its pixels are."""
    card = json.loads((folder / "model.json").read_text())
    card["images"]["pixel_size"] = {"sizes": [0.8, 0.8], "unit": "um"}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small untrained models of every kind and ability."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "texture": save_untrained(folder, "texture", kind="colour"),
        "alloy": save_untrained(folder, "alloy", kind="labels", condition=SORT),
        "rock": save_untrained(folder, "rock", dims=3),
        "electrode": save_untrained(folder, "electrode", kind="labels", dims=3),
        "code": sized(save_untrained(folder, "code", condition=CODE)),
        "textures": save_model(folder / "textures", multi_texture()),
        "guided": save_model(folder / "guided", spade()),
        "coder": save_untrained_autoencoder(folder, "coder"),
        "segmenter": save_untrained_segmenter(folder, "segmenter"),
        "classifier": save_untrained_classifier(folder, "classifier"),
    }


@pytest.fixture(scope="module")
def url(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """All of them, and those that come with raysys, behind one page."""
    chromium()
    torch.set_num_threads(1)
    models = {name: str(folder) for name, folder in (trained_models() | folders).items()}
    with answering(models, tmp_path_factory.mktemp("jobs")) as url:
        yield url
