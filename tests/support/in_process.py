"""The endpoint's application and its samplers in this process: everything but Ray between them."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from raysys.serve import Limits
from raysys.serve.access import Access
from raysys.serve.catalogue import Catalogue
from raysys.serve.routes import build_app
from raysys.serve.sampler import Sampler


class Handle:
    """Calls a sampler as Serve's handle does; `failures` are raised instead, one a call."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._sampler: Sampler | None = None
        self.failures: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=lambda *arguments: self._call(name, *arguments))

    async def _call(self, name: str, *arguments: object) -> Any:
        if self.failures:
            raise self.failures.pop()
        if self._sampler is None:
            # In the loop that it will be asked in.
            self._sampler = Sampler(self._limits)
            await self._sampler.reconfigure({"uri": str(self._folder)})
        return await getattr(self._sampler, name)(*arguments)


class Client:
    """Asks an application whose loop goes on between requests, as that of a server does."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        asked = self._client.request(method, path, **options)
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result(120)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


@contextmanager
def in_process(
    folders: Mapping[str, Path], limits: Limits, access: Access = Access(hosts=("*",))
) -> Iterator[tuple[Client, dict[str, Handle]]]:
    """A client of an endpoint that serves the models in these folders, and the handles behind it."""
    handles = {name: Handle(folder, limits) for name, folder in folders.items()}
    app = build_app(Catalogue(handles, limits), access)
    client = Client(app)
    yield client, handles
    client.close()
